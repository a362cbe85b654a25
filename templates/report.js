
(function () {
  var page = document.documentElement;
  function look() { page.classList.toggle("past", Date.now() > Date.parse(page.dataset.until)); }
  look();
  setInterval(look, 60000);
})();
