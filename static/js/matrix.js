// The matrix by keyboard: arrows go from cell to cell, Tab leaves the grid; a chosen cell's evidence comes without a reload.
// Without this file every cell is a link to the same page with its evidence.
"use strict";

(() => {
  const grid = document.querySelector("[data-cells]");
  const detail = document.getElementById("matrix-detail");
  if (!grid) return;
  const rows = [...grid.tBodies[0].rows].map((row) => [...row.querySelectorAll("td a")]).filter((cells) => cells.length);
  if (!rows.length) return;

  let stop = grid.querySelector("a[aria-current]") ?? rows[0][0];
  for (const cell of rows.flat()) cell.tabIndex = -1;
  stop.tabIndex = 0;
  const visit = (cell) => {
    stop.tabIndex = -1;
    stop = cell;
    stop.tabIndex = 0;
    stop.focus();
    stop.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const steps = {
    ArrowLeft: (row, column) => [row, column - 1],
    ArrowRight: (row, column) => [row, column + 1],
    ArrowUp: (row, column) => [row - 1, column],
    ArrowDown: (row, column) => [row + 1, column],
    Home: (row) => [row, 0],
    End: (row) => [row, rows[row].length - 1],
  };
  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td a");
    const step = steps[event.key];
    if (!cell || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const row = rows.findIndex((cells) => cells.includes(cell));
    const [down, across] = step(row, rows[row].indexOf(cell));
    const cells = rows[Math.min(Math.max(down, 0), rows.length - 1)];
    visit(cells[Math.min(Math.max(across, 0), cells.length - 1)]);
  });

  const choose = async (cell) => {
    grid.querySelector("a[aria-current]")?.removeAttribute("aria-current");
    cell.setAttribute("aria-current", "true");
    visit(cell);
    history.replaceState(null, "", cell.href);
    await htmx.ajax("GET", cell.href, { target: "#matrix-detail", swap: "innerHTML" });
    detail.scrollTop = 0;
    detail.scrollIntoView({ block: "nearest" });
  };
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("td a");
    if (!cell || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    choose(cell);
  });
})();
