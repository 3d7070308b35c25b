// Answers questions about versions and ranges as the package semver does: JSON lines in, one line out for each.
"use strict";

const readline = require("node:readline");
const semver = require("semver");

const MODES = [{ includePrerelease: false }, { includePrerelease: true }];

function compiled(text, mode) {
  try {
    return new semver.Range(text, mode);
  } catch {
    return null;
  }
}

const answers = {
  // For each mode null where the range is refused, else whether each version is admitted.
  range: ({ text, versions }) =>
    MODES.map((mode) => {
      const range = compiled(text, mode);
      return range && versions.map((version) => range.test(version));
    }),
  // For each string null where it is no version, else what it was read as.
  read: ({ versions }) =>
    versions.map((raw) => {
      const version = semver.parse(raw);
      return version && [[version.major, version.minor, version.patch], version.prerelease, version.build];
    }),
  compare: ({ pairs }) => pairs.map(([left, right]) => semver.compare(left, right)),
  sort: ({ versions }) => versions.sort((left, right) => semver.compare(left, right)),
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const question = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[question.ask](question))}\n`);
});
