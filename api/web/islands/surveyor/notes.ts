// What the phone has to tell above the page: each note stands once, until it
// is no longer so.
import { make } from "./words";

const shown = new Map<string, HTMLElement>();

// tell shows a note, or takes it away when there is no text.
export function tell(name: string, text: string, late = false, link?: { href: string; text: string }): void {
  const was = shown.get(name);
  if (was?.dataset.text === text || (!was && !text)) return;
  was?.remove();
  shown.delete(name);
  if (!text) return;
  const note = make("p", `card-line ${late ? "card-late" : "card-wait"}`, text);
  note.dataset.text = text;
  if (link) {
    const a = make("a", "btn mt-2 w-full", link.text);
    a.href = link.href;
    note.append(a);
  }
  document.getElementById("notes")?.append(note);
  shown.set(name, note);
}
