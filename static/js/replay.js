// The address follows the slider, so that a moment can be reloaded and passed on; without this file the button does so.
"use strict";

document.getElementById("at")?.addEventListener("input", (event) => {
  history.replaceState(history.state, "", `?at=${event.target.value}`);
});
