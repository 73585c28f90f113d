// Keys of one letter, which whoever speaks to their machine can turn off.
const kept = "anpei-keys";

export function keys(on: (key: string, e: KeyboardEvent) => void): void {
  const box = document.querySelector<HTMLInputElement>("#keys");
  if (!box) return;
  box.closest<HTMLElement>("[data-keys]")!.hidden = false;
  try {
    box.checked = localStorage.getItem(kept) !== "off";
    box.addEventListener("change", () => localStorage.setItem(kept, box.checked ? "on" : "off"));
  } catch { /* no storage: on, and for this page */ }
  document.addEventListener("keydown", (e) => {
    const to = e.target as HTMLElement;
    if (!box.checked || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (to.closest("input:not([type=checkbox]),textarea,select,[contenteditable]")) return;
    on(e.key.toLowerCase(), e);
  });
}
