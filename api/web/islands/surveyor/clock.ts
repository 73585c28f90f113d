// What the server says: whose session this is, and how far the phone's clock is off.
import { note, putNote } from "./store";

export interface Seen { id: string; name: string }
export interface ClockNote { off: number; at: number } // server's minus the phone's, in ms

export type Server = { reached: false } | { reached: true; who: Seen | null };

// ask compares clocks and tells who is signed in; null is nobody.
// It fails when the comparison cannot be kept.
export async function ask(): Promise<Server> {
  let clock: ClockNote, who: Seen;
  try {
    const before = Date.now();
    const answer = await fetch("/s/me", { cache: "no-store", redirect: "error" });
    const after = Date.now();
    if (answer.status === 401) return { reached: true, who: null };
    if (!answer.ok) return { reached: false };
    const said = (await answer.json()) as Seen & { now: number };
    [who, clock] = [said, { off: said.now - (before + after) / 2, at: after }];
  } catch {
    return { reached: false };
  }
  await putNote("clock", clock);
  return { reached: true, who };
}

// off is the error of the phone's clock when it was last compared.
export async function off(): Promise<number | null> {
  return (await note<ClockNote>("clock"))?.off ?? null;
}

// serverNow is the server's time as far as the phone knows it.
export async function serverNow(): Promise<number> {
  return Date.now() + ((await off()) ?? 0);
}
