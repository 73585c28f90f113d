// How much fits on the phone, and whether the browser promises to keep it.
import { pieces } from "./store";
import { room } from "./plan";

// lasting asks the browser to keep what is stored until somebody deletes it.
export async function lasting(): Promise<boolean> {
  if (!navigator.storage?.persist) return false;
  return (await navigator.storage.persisted()) || navigator.storage.persist();
}

// whyNotKept tells a full phone from a browser that keeps nothing. How much room
// there is cannot be asked: browsers reckon with more than they give.
export function whyNotKept(problem: unknown): "room-full" | "no-store" {
  return problem instanceof DOMException && problem.name === "QuotaExceededError" ? "room-full" : "no-store";
}

// roomLeft is how many more pictures fit, or null; with the bytes behind it.
export async function roomLeft(): Promise<{ pictures: number | null; used: number; free: number }> {
  const estimate = (await navigator.storage?.estimate?.()) ?? {};
  const kept = await pieces();
  return {
    pictures: room(estimate, kept.filter((p) => p.kind === "loss_photo").map((p) => p.size)),
    used: kept.reduce((sum, p) => sum + p.size, 0), free: Math.max(0, (estimate.quota ?? 0) - (estimate.usage ?? 0)),
  };
}
