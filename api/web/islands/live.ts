// A page that hears of changes: data-live is the address of server-sent events.
// What changes itself (htmx) listens for "live" on the body; a page whose
// element has data-said says there that something has changed, and leaves what
// is typed alone. Where no stream can be had, the page asks now and then.
const at = document.querySelector<HTMLElement>("[data-live]");
if (at?.dataset.live) {
  const seen = Number(at.dataset.after ?? 0);
  const said = at.dataset.said;
  const zh = document.documentElement.lang.startsWith("zh");
  const heard = (e: MessageEvent<string>) => {
    if (Number(e.lastEventId) <= seen && said) return;
    document.body.dispatchEvent(new CustomEvent("live"));
    if (!said) return;
    let text = "";
    try {
      const event = JSON.parse(e.data) as { text_zh?: string; text_en?: string };
      text = (zh ? event.text_zh : event.text_en) ?? "";
    } catch { /* a hint without words */ }
    at.textContent = said + " " + text;
    at.hidden = false;
  };
  const stream = new EventSource(at.dataset.live);
  stream.addEventListener("claim", heard);
  stream.addEventListener("changed", heard);
  addEventListener("pagehide", () => stream.close());
}
