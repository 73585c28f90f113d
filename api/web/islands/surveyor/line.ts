// One line for a piece: what it is, when, and how far it has come.
import { stateOf, takenAt, type Piece } from "./plan";
import { clockTime, make, say } from "./words";

// stateText says how far a piece has come.
export function stateText(p: Piece): string {
  if (p.left && !p.document) return say("left");
  const state = stateOf(p);
  return say(state, { n: Math.floor((100 * p.received) / p.size) });
}

export function pieceLine(p: Piece): HTMLLIElement {
  const state = stateOf(p);
  const line = make("li", "piece", make("span", "", p.name, " ", make("time", "quiet small", clockTime(takenAt(p)))), make("span", `state state-${state}`, stateText(p)));
  line.dataset.piece = p.id;
  line.dataset.state = state;
  return line;
}
