// Runs before the first paint, so that a chosen theme doesn't flash. See controllers/theme_controller.js.
const theme = localStorage.getItem("theme")
if (theme) document.documentElement.dataset.theme = theme
