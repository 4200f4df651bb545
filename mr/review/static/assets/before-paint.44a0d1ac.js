// Runs before the first paint: the look that was chosen here, so that no page flashes white.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("mrcpr-look");
  } catch (refused) {
    return; // storage is switched off: the system's look stands
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
