// The page's title says how much is unread, for whoever has the page in another tab.

/** Gives `title(many)`: puts `(many)` before the page's own title, and takes it away again at 0. A title that the page changes
 * meanwhile stays as the page wants it. */
export const bell = () => {
  let mark = "";
  return (many) => {
    const own = mark && document.title.startsWith(mark) ? document.title.slice(mark.length) : document.title;
    mark = many ? `(${many}) ` : "";
    if (document.title !== mark + own) document.title = mark + own;
  };
};
