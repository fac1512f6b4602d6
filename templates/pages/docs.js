// Light or dark, as the reader has it everywhere else.
const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dress();
dark.addEventListener("change", dress);

SwaggerUIBundle({
  // Below whatever path the API is mounted: the page lies beside the document.
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  // Tokens are forgotten with the page.
  persistAuthorization: false,
  // The address of the page configures nothing, lest a link makes it show another's document.
  queryConfigEnabled: false,
  // Nothing is sent to a validator elsewhere.
  validatorUrl: null,
});
