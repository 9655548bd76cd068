// Makes the list of links in components/region_tree.html an ARIA tree: one tab stop, arrows, Home, End, type-ahead.
// A line opens and closes by following its link; the server renders the new tree.
(() => {
  "use strict";

  const TYPING_PAUSE = 700;
  const FOLLOWED = "tree-line-followed";
  let typed = "";
  let lastTyped = 0;

  const lines = (tree) => [...tree.querySelectorAll("a[data-depth]")];
  const depth = (line) => Number(line.dataset.depth);

  function enhance(tree) {
    if (tree.getAttribute("role") === "tree") return;
    tree.setAttribute("role", "tree");
    tree.setAttribute("aria-label", tree.closest("nav")?.getAttribute("aria-label") || "区域");
    const all = lines(tree);
    for (const line of all) {
      line.parentElement.setAttribute("role", "none");
      line.setAttribute("role", "treeitem");
      line.setAttribute("aria-level", String(depth(line) + 1));
      line.setAttribute("aria-selected", String(line.hasAttribute("aria-current")));
      if (line.dataset.open) line.setAttribute("aria-expanded", line.dataset.open);
      line.tabIndex = -1;
    }
    const first = all.find((line) => line.hasAttribute("aria-current")) || all[0];
    if (!first) return;
    first.tabIndex = 0;
    first.scrollIntoView({ block: "nearest" });
    // The line that was followed by keyboard gets the focus on the new page.
    if (sessionStorage.getItem(FOLLOWED) === first.dataset.code) first.focus();
    sessionStorage.removeItem(FOLLOWED);
  }

  function go(tree, line) {
    if (!line) return;
    for (const other of lines(tree)) other.tabIndex = -1;
    line.tabIndex = 0;
    line.focus();
  }

  function follow(line) {
    sessionStorage.setItem(FOLLOWED, line.dataset.code);
    line.click();
  }

  function parentOf(all, place) {
    return all.slice(0, place).reverse().find((line) => depth(line) < depth(all[place]));
  }

  function startingWith(all, place, text) {
    const from = text.length > 1 ? place : place + 1;
    const order = [...all.slice(from), ...all.slice(0, from)];
    return order.find((line) => line.textContent.trim().startsWith(text));
  }

  function onKey(event) {
    const line = event.target.closest?.("[role='treeitem']");
    if (!line || event.ctrlKey || event.altKey || event.metaKey) return;
    const tree = line.closest("[data-tree]");
    const all = lines(tree);
    const place = all.indexOf(line);
    const isOpen = line.dataset.open === "true";
    const moves = {
      ArrowDown: () => go(tree, all[place + 1]),
      ArrowUp: () => go(tree, all[place - 1]),
      Home: () => go(tree, all[0]),
      End: () => go(tree, all[all.length - 1]),
      ArrowRight: () => (isOpen ? go(tree, all[place + 1]) : line.dataset.open && follow(line)),
      ArrowLeft: () => go(tree, parentOf(all, place)),
      Enter: () => follow(line),
      " ": () => follow(line),
    };
    if (moves[event.key]) {
      event.preventDefault();
      moves[event.key]();
    } else if (event.key.length === 1) {
      event.preventDefault();
      typed = event.timeStamp - lastTyped < TYPING_PAUSE ? typed + event.key : event.key;
      lastTyped = event.timeStamp;
      go(tree, startingWith(all, place, typed));
    }
  }

  const enhanceAll = () => document.querySelectorAll("[data-tree]").forEach(enhance);
  document.addEventListener("keydown", onKey);
  document.addEventListener("dialog:shown", enhanceAll);
  enhanceAll();
})();
