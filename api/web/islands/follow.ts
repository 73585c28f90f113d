// Keeps the page of a claim as the claim is: each event of its stream renders
// what has changed anew. Where there is no stream it asks now and then.
const now = document.querySelector<HTMLElement>("[data-live]");
if (now) {
  let busy = false;
  let again = false;
  const refresh = async () => {
    if (busy) return void (again = true);
    busy = true;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (answer.redirected) return location.reload(); // to the door
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-live]");
        const open = now.querySelector("details[open]") || now.contains(document.activeElement);
        if (fresh && fresh.innerHTML !== now.innerHTML) {
          now.replaceChildren(...fresh.childNodes);
          if (open) now.querySelector("details")?.setAttribute("open", "");
          document.getElementById("news")!.textContent = now.dataset.news!;
        }
      }
    } catch {
      // the line is gone for a moment
    } finally {
      busy = false;
      if (again) ((again = false), void refresh());
    }
  };
  let stream: EventSource | undefined;
  let timer = 0;
  const follow = () => {
    stream = new EventSource(now.dataset.live!);
    stream.addEventListener("claim", () => void refresh());
    stream.onerror = () => {
      if (stream!.readyState === EventSource.CLOSED && !timer) timer = window.setInterval(() => void refresh(), 30_000);
    };
  };
  follow();
  // A page that comes back from the background, or from Back, shows the claim as it is.
  addEventListener("pageshow", (e) => {
    if (e.persisted) ((stream = (stream?.close(), undefined)), follow(), void refresh());
  });
  addEventListener("pagehide", () => stream?.close());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void refresh();
  });
}
