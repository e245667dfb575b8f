// Open what a link leads into, for browsers that do not do so by themselves.
const open = () => {
  let part = document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest("details");
  for (; part; part = part.parentElement.closest("details")) part.open = true;
};
addEventListener("hashchange", open);
open();
