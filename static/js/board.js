// What the pages do beyond their HTML: the live badge and its repairs, clocks, keys, and what forms carry.
// Everything shown is the server's; this file only words times, counts and the state of the connection.
"use strict";

(() => {
  const SILENCE_MS = 12_000; // the server speaks at least every 5 s
  const HOUR = 3_600_000;
  const DAY = 24 * HOUR;
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  let ahead = 0; // the server's clock minus ours, in ms
  const now = () => Date.now() + ahead;
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
  const dayAndClock = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
  const two = (number) => String(number).padStart(2, "0");

  const span = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 60) return `${s}s`;
    if (s < 3_600) return `${Math.floor(s / 60)}m ${two(s % 60)}s`;
    if (s < 86_400) return `${Math.floor(s / 3_600)}h ${two(Math.floor((s % 3_600) / 60))}m`;
    return `${Math.floor(s / 86_400)}d ${two(Math.floor((s % 86_400) / 3_600))}h`;
  };
  const age = (ms) => {
    for (const [size, unit] of [[DAY, "day"], [HOUR, "hour"], [60_000, "minute"]]) {
      const count = Math.floor(ms / size);
      if (count >= 1) return `${count} ${unit}${count === 1 ? "" : "s"}`;
    }
    return "";
  };
  const share = (used, total) =>
    total <= 120_000 ? `${Math.floor(used / 1000)} / ${Math.floor(total / 1000)} s` : `${span(used)} / ${span(total)}`;
  const wording = {
    clock: (at) => (day.format(at) === day.format(now()) ? clock.format(at) : dayAndClock.format(at)),
    day: (at) => day.format(at),
    ago: (at) => (age(now() - at) ? `${age(now() - at)} ago` : "just now"),
    since: (at) => `for ${age(now() - at) || "less than a minute"}`,
    elapsed: (at) => span(now() - at),
    silence: (at) => `for ${span(now() - at)}`,
    left: (at) => (at > now() ? `${span(at - now())} left` : "overdue"),
    eta: (at) => (at > now() ? `in ${span(at - now())}` : "any moment"),
    bound: (at) => (at > now() ? `by ${clock.format(at)}` : `later than ${clock.format(at)}, unlike`),
  };

  const say = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  const wordTimes = () => {
    for (const time of all("time[data-style]")) {
      const at = Date.parse(time.dateTime);
      say(time, wording[time.dataset.style](at));
      time.title = exact.format(at);
      if (time.dataset.style === "left") time.toggleAttribute("data-late", at <= now());
    }
    for (const lease of all(".lease[data-start]")) {
      const start = Number(lease.dataset.start);
      const total = Number(lease.dataset.end) - start;
      const used = Math.min(total, Math.max(0, now() - start));
      find("meter", lease).value = used;
      say(find("[data-share]", lease), share(used, total));
    }
  };

  // Ticks every second only while something runs, every half minute while ages are shown, else not at all.
  let ticking = 0;
  const tick = () => {
    clearTimeout(ticking);
    wordTimes();
    if (document.hidden) return;
    if (find('.lease[data-start], time[data-style="elapsed"], time[data-style="left"], time[data-style="eta"]')) ticking = setTimeout(tick, 1_000 - (now() % 1_000));
    else if (find('time[data-style="ago"], time[data-style="since"]')) ticking = setTimeout(tick, 30_000);
  };

  const badge = find("#live-badge");
  let silence = 0;
  let heardAt = Date.now();
  let repairing = false;

  const show = (live, tone, word) => {
    if (!badge) return;
    badge.dataset.live = live;
    badge.dataset.tone = tone;
    say(find("[data-live-word]", badge), word);
  };
  const stale = () => {
    clearTimeout(silence);
    if (!["signed-out", "gone"].includes(badge?.dataset.live)) show("stale", "warning", `Stale since ${clock.format(heardAt)}`);
  };
  const catchUp = () => show("catching-up", "info", "Catching up");
  const heard = () => {
    heardAt = Date.now();
    clearTimeout(silence);
    silence = setTimeout(stale, SILENCE_MS);
    if (!repairing) show("live", "success", "Live");
  };

  const tagIn = (frame, id) => {
    const tag = frame.match(new RegExp(`<i [^>]*id="${id}"[^>]*>`))?.[0];
    return tag && Object.fromEntries([...tag.matchAll(/data-([a-z]+)="(\d*)"/g)].map(([, name, value]) => [name, Number(value)]));
  };
  const known = () => Number(find("#live-mark")?.dataset.seq ?? 0);
  const setClock = (mark) => {
    if (mark?.now) ahead = mark.now - Date.now();
  };

  // A frame is applied only if nothing is missing before it; else the whole page is asked for again.
  const verdictOn = (mark) => {
    if (!mark.from) return mark.seq < known() ? "old" : "snapshot";
    if (mark.seq <= known()) return "old";
    return mark.from > known() ? "gap" : "next";
  };
  const repair = (connection) => {
    if (repairing) return;
    repairing = true;
    catchUp();
    connection.socket.send("resync");
  };
  const receive = (event) => {
    const { message, connection } = event.detail;
    const beat = tagIn(message.data, "live-beat");
    const mark = tagIn(message.data, "live-mark");
    setClock(beat ?? mark);
    if (beat) {
      event.preventDefault();
      if (beat.seq > known()) repair(connection);
    } else if (mark) {
      const verdict = verdictOn(mark);
      if (verdict === "gap") repair(connection);
      if (verdict === "gap" || verdict === "old") event.preventDefault();
      if (verdict === "snapshot" || verdict === "old") repairing = false;
      if (!event.defaultPrevented) remember();
    }
    heard();
  };
  const lost = (event) => {
    const { code } = event.detail;
    if (code === 4401) {
      show("signed-out", "danger", "Signed out");
      location.assign(`${document.body.dataset.signIn}?next=${encodeURIComponent(location.pathname)}`);
    } else if (code === 4404) {
      show("gone", "danger", "This is gone");
      tell("This is not on the board any more: somebody took it away, or it went by itself. The page shows how it was last; Releases and Trains list what there is.");
    } else {
      stale();
    }
  };

  // What changed flashes once; what only moved on by percent, words or number does not.
  let before = new Map();
  const signature = (element) => `${element.dataset.state} ${find(".version, .versions", element)?.textContent}`;
  const remember = () => {
    before = new Map(all("[id][data-state]").map((element) => [element.id, signature(element)]));
  };
  const flash = () => {
    for (const element of all("[id][data-state]")) {
      if (before.has(element.id) && before.get(element.id) !== signature(element)) {
        element.classList.add("changed");
        element.addEventListener("animationend", () => element.classList.remove("changed"), { once: true });
      }
    }
  };

  const titleTail = document.title;
  const showTab = () => {
    const region = find("[data-page-state]");
    if (!region) return;
    const { tone, mark, title } = region.dataset;
    document.title = [mark, title ? `${title} · ${document.documentElement.dataset.platform}` : titleTail].filter(Boolean).join(" ");
    const icon = find('link[rel="icon"]');
    const href = icon.dataset[tone] ?? icon.dataset.neutral;
    if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  };

  const refresh = () => {
    tick();
    showTab();
  };

  document.addEventListener("htmx:ws:after:connection", () => {
    repairing = false;
    catchUp();
    clearTimeout(silence);
    silence = setTimeout(stale, SILENCE_MS);
  });
  document.addEventListener("htmx:ws:before:message:incoming", receive);
  document.addEventListener("htmx:ws:after:message:incoming", () => {
    flash();
    refresh();
  });
  document.addEventListener("htmx:ws:close", lost);
  document.addEventListener("visibilitychange", tick);
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());

  // A part that was pushed to every viewer carries nobody's token, so all parts get theirs here, as they are sent.
  const keys = new WeakMap();
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const keyOf = (form) => {
    if (!keys.has(form)) keys.set(form, newKey());
    return keys.get(form);
  };
  const carry = (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    event.formData.set("csrfmiddlewaretoken", document.body.dataset.csrf);
    if (!form.closest("main")) return;
    event.formData.set("idempotency_key", keyOf(form));
    const lock = find("#release-head")?.dataset.lockVersion;
    if (lock) event.formData.set("lock_version", lock);
  };
  document.addEventListener("formdata", carry);

  const notices = find("#flash");
  const tell = (text) => {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.dataset.tone = "danger";
    notice.setAttribute("role", "alert");
    notice.textContent = text;
    notices.replaceChildren(notice);
  };
  document.addEventListener("htmx:before:request", (event) => {
    if (event.detail.ctx.target === notices) notices.replaceChildren();
  });
  document.addEventListener("htmx:after:request", (event) => {
    // htmx's own history is off: it would fetch pages anew that the sockets keep current. Only the address follows.
    const address = event.detail.ctx?.response?.headers?.get("HX-Replace-Url");
    if (address) history.replaceState(null, "", address);
    keys.delete(event.target); // answered: sending it again is a new command
    // What asked may be gone from the page by now; the document itself then hears of its answer.
    event.target.closest?.("dialog")?.close();
  });
  document.addEventListener("htmx:after:swap", () => {
    refresh();
    const alert = find('[role="alert"]', notices);
    if (alert && !notices.contains(document.activeElement)) {
      notices.focus();
      notices.scrollIntoView({ block: "nearest" });
    }
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx) tell("The board could not be reached. It is not known whether that arrived; sending it again is safe.");
  });

  // Browsers without command buttons get them here.
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[commandfor]");
      const dialog = button && document.getElementById(button.getAttribute("commandfor"));
      if (dialog && button.getAttribute("command") === "show-modal") dialog.showModal();
      else dialog?.close();
    });
  }
  document.addEventListener("click", (event) => {
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  let prefix = "";
  const go = (key) => find(`.topbar [data-go="${key}"]`)?.click();
  const shortcuts = {
    "?": () => find("#keys")?.showModal(),
    "/": () => find("[data-search]")?.focus(),
    n: () => go("n"),
    p: () => (find("main .button.primary:not([disabled])") ?? find("main button:not([disabled])"))?.focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of all("details.menu[open]")) menu.open = false;
    const typing = event.target.closest("input, select, textarea, dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = prefix === "g" ? () => go(event.key) : shortcuts[event.key];
    prefix = prefix === "g" ? "" : event.key;
    if (!act) return;
    event.preventDefault();
    act();
  });

  for (const carried of all("main [data-carried]")) carried.remove();
  if (find("#live-mark")) {
    heard(); // as fresh as the page itself; from here on silence counts
    catchUp();
  }
  refresh();
})();
