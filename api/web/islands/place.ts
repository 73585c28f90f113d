// Offers to tell the place that the phone knows. Without it, or where it is
// refused, the words of the form are enough.
const box = document.getElementById("here");
if (box && navigator.geolocation && isSecureContext) {
  const button = box.querySelector("button")!;
  const said = box.querySelector("p")!;
  const lat = document.querySelector<HTMLInputElement>("input[name=lat]")!;
  const lng = document.querySelector<HTMLInputElement>("input[name=lng]")!;
  if (lat.value) said.textContent = box.dataset.known!;
  box.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    said.textContent = box.dataset.asking!;
    navigator.geolocation.getCurrentPosition(
      (at) => {
        lat.value = at.coords.latitude.toFixed(6);
        lng.value = at.coords.longitude.toFixed(6);
        button.disabled = false;
        said.textContent = box.dataset.known!;
      },
      () => {
        button.disabled = false;
        said.textContent = box.dataset.refused!;
      },
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
    );
  });
}
