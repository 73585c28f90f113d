// A page that hears of changes: data-live is the address of server-sent events,
// after what the page shows.
// What changes itself (htmx) listens for "live" on the body; a page whose
// element has data-said says there that something has changed, and leaves what
// is typed alone.
import { hear } from "./shared/stream";

const at = document.querySelector<HTMLElement>("[data-live]");
if (at?.dataset.live) {
  const said = at.dataset.said;
  const zh = document.documentElement.lang.startsWith("zh");
  const live = () => document.body.dispatchEvent(new CustomEvent("live"));
  hear(at.dataset.live, (data) => {
    live();
    if (!said) return;
    let text = "";
    try {
      const event = JSON.parse(data) as { text_zh?: string; text_en?: string };
      text = (zh ? event.text_zh : event.text_en) ?? "";
    } catch { /* a hint without words */ }
    at.textContent = said + " " + text;
    at.hidden = false;
  }, live);
  // What the server could not render just now is asked for again.
  let late = 0;
  const retry = () => {
    clearTimeout(late);
    late = window.setTimeout(live, 5_000);
  };
  document.body.addEventListener("htmx:responseError", retry);
  document.body.addEventListener("htmx:sendError", retry);
}
