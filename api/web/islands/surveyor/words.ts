// What scripts say, in the language of the page.

const words = new Map<string, string>();
for (const key of document.querySelectorAll("#words dt")) words.set(key.textContent ?? "", key.nextElementSibling?.textContent ?? "");

// say gives a text with its holes filled: {n}.
export function say(key: string, holes: Record<string, string | number> = {}): string {
  return Object.entries(holes).reduce((text, [name, value]) => text.replace(`{${name}}`, String(value)), words.get(key) ?? key);
}

// clockTime writes when something was, today.
export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

// make makes an element. Text is text, never markup.
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}
