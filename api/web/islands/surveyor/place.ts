// Where the phone is, if it may say so and can.
import type { Place } from "./plan";

let last: Place | null = null;
let watching = false;

// watchPlace follows the phone as long as the page is open. tell hears of each
// place, and of null when there is none.
export function watchPlace(tell: (place: Place | null) => void): void {
  if (!navigator.geolocation || watching) return void (watching || tell(null));
  watching = true;
  navigator.geolocation.watchPosition(
    ({ coords, timestamp }) => {
      last = { lat: coords.latitude, lng: coords.longitude, metres: Math.round(coords.accuracy), at: timestamp };
      tell(last);
    },
    () => tell(last),
    { enableHighAccuracy: true, maximumAge: 30_000, timeout: 20_000 },
  );
}

// lastPlace is where the phone was within the last five minutes, or null.
export function lastPlace(): Place | null {
  return last && Date.now() - last.at < 5 * 60_000 ? last : null;
}
