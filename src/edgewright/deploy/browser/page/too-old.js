// Says what is missing where the modules of the page cannot even start. A classic script, for browsers without them.
(function () {
  var script = HTMLScriptElement;
  var maps = script.supports && script.supports("importmap");
  var text = "";
  if (location.protocol === "file:") {
    text = "A page with modules has to be served: run python -m http.server in its folder, and open the address that it prints.";
  } else if (!maps) {
    text = "This browser is too old for the page: Chrome 91, Firefox 108, Safari 16.4 and later ones have what it needs.";
  }
  if (text) {
    document.getElementById("trouble").textContent = text;
    document.getElementById("trouble").hidden = false;
    document.getElementById("state").textContent = "cannot start";
    document.getElementById("state").setAttribute("data-state", "trouble");
  }
})();
