/* Sets the chosen theme before the first paint; without a choice the system's is followed. */
try {
  const theme = localStorage.getItem("loopdesk.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage is switched off: the system's theme it is */ }
