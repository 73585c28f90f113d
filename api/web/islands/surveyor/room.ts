// How much fits on the phone, and whether the browser promises to keep it.
import { pieces } from "./store";
import { room } from "./plan";

// lasting asks the browser to keep what is stored until somebody deletes it.
export async function lasting(): Promise<boolean> {
  if (!navigator.storage?.persist) return false;
  return (await navigator.storage.persisted()) || navigator.storage.persist();
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
