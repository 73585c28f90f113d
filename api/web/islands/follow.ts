// Keeps the page of a claim as the claim is: each event of its stream renders
// what has changed anew. Where a page has parts (data-part), only they are
// rendered, and what somebody is about to send stays in its form.
import { hear } from "./shared/stream";

const now = document.querySelector<HTMLElement>("[data-live]");
if (now) {
  let busy = false;
  let again = false;
  let late = 0;
  const refresh = async () => {
    clearTimeout(late);
    if (busy) return void (again = true);
    busy = true;
    let got = false;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (answer.redirected) return location.reload(); // to the door
      if ((got = answer.ok)) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      got = false; // the line is gone for a moment
    } finally {
      busy = false;
      if (again) ((again = false), void refresh());
      else if (!got) late = window.setTimeout(() => void refresh(), 5_000);
    }
  };
  const parts = (of: Element) => [...of.querySelectorAll<HTMLElement>("[data-part]")];
  const names = (of: Element) => parts(of).map((part) => part.dataset.part).join();
  const show = (page: Document) => {
    const fresh = page.querySelector("[data-live]");
    if (!fresh || fresh.innerHTML === now.innerHTML) return;
    if (parts(now).length && names(now) === names(fresh)) {
      const news = parts(fresh);
      const changed = parts(now).filter((part, i) => {
        if (part.outerHTML === news[i].outerHTML) return false;
        part.parentElement!.className = news[i].parentElement!.className;
        part.replaceWith(news[i]);
        return true;
      });
      if (changed.length) document.getElementById("news")!.textContent = now.dataset.news!;
      return;
    }
    const open = now.querySelector("details[open]") || now.contains(document.activeElement);
    now.replaceChildren(...fresh.childNodes);
    if (open) now.querySelector("details")?.setAttribute("open", "");
    document.getElementById("news")!.textContent = now.dataset.news!;
  };
  hear(now.dataset.live!, () => void refresh(), () => void refresh());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void refresh();
  });
}
