"use strict";
(() => {
  // The page is complete without this: it only asks for itself again, and takes over what has moved.
  const pause = document.getElementById("pause"), sections = () => document.querySelectorAll("[data-live]");
  let paused = false;

  function renew(now, then) {
    const focused = document.activeElement.id, open = [...now.querySelectorAll("details[open]")].map(each => each.id);
    now.replaceChildren(...then.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused && document.activeElement.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  async function refresh() {
    if (paused || document.hidden || !getSelection().isCollapsed) return;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const now of sections()) {
      const then = page.getElementById(now.id);
      if (then && then.innerHTML !== now.dataset.was) {
        now.dataset.was = then.innerHTML;
        renew(now, then);
      }
    }
  }

  async function follow() {
    try { await refresh(); } catch { /* the mock is gone, or comes back */ }
    setTimeout(follow, 1000);
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Follow again" : "Pause";
  });
  pause.hidden = false;
  setTimeout(follow, 1000);
})();
