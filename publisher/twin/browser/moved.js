// Leads on to where a page lies, with what was asked of it. Without this script a refresh leads on.
const way = new URL(document.querySelector("a").href);
way.search = location.search;
way.hash = location.hash;
location.replace(way);
