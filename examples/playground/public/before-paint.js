// Runs before anything is painted: the chosen colours, and whether a link asks for other pictures than the first.
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the page follows the system.
}
if (location.hash.includes("=")) document.documentElement.dataset.linked = "";
