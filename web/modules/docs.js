// The API's documentation: openapi.json as a page, without a third party's viewer.

import { build } from "./dom.js";

const main = document.querySelector("main");

async function show() {
  const spec = await (await fetch("openapi.json")).json();
  const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
    Object.entries(item).filter(([, operation]) => operation.responses).map(([method, operation]) => ({ path, method, operation })),
  );
  main.replaceChildren(
    build("h1", {}, spec.info.title, " ", build("small", {}, `API ${spec.info.version}`)),
    build("p", { class: "lead" }, spec.info.description),
    build("p", {}, "As data: ", anchor("openapi.json", "openapi.json"), " · The chat page: ", anchor("./", "/")),
    ...operations.map((each) => operationView(each, spec)),
    build("h2", {}, "Shapes"),
    ...Object.entries(spec.components.schemas).map(([name, schema]) => schemaView(name, schema)),
  );
  main.removeAttribute("aria-busy");
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

function anchor(target, text) {
  const node = build("a", {}, text);
  node.setAttribute("href", target); // below this server: never from the spec's free text
  return node;
}

function operationView({ path, method, operation }, spec) {
  const view = build("section", { id: operation.operationId ?? `${method}-${path}` });
  view.append(
    build("h2", {}, build("code", {}, build("b", {}, method.toUpperCase()), ` ${path}`), " ", build("small", {}, operation.summary ?? "")),
    build("p", {}, operation.description ?? ""),
  );
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  if (body) view.append(build("h3", {}, "Body"), build("p", {}, ...typeNodes(body)));
  if (operation.parameters?.length) view.append(build("h3", {}, "Parameters"), table(operation.parameters.map(parameterRow), `Parameters of ${method} ${path}`));
  view.append(build("h3", {}, "Responses"), table(Object.entries(operation.responses).map(responseRow), `Responses of ${method} ${path}`));
  const example = curl(method, path, operation, spec);
  view.append(build("pre", { tabindex: "0", role: "region", "aria-label": `Example of ${method} ${path}` }, build("code", {}, example)));
  return view;
}

function parameterRow(parameter) {
  const need = parameter.required ? "required" : "optional";
  return [build("code", {}, parameter.name), build("span", {}, ...typeNodes(parameter.schema ?? {})), `${need}. ${parameter.description ?? ""}`];
}

function responseRow([status, response]) {
  const shapes = Object.entries(response.content ?? {}).flatMap(([type, { schema }]) => [`${type} `, ...typeNodes(schema ?? {}), " "]);
  return [build("code", {}, status), response.description ?? "", build("span", {}, ...shapes)];
}

function schemaView(name, schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([field, type]) => {
    const need = schema.required?.includes(field) ? "required. " : "";
    return [build("code", {}, field), build("span", {}, ...typeNodes(type)), `${need}${type.description ?? ""}`];
  });
  return build("section", { id: name }, build("h3", {}, build("code", {}, name)), table(rows, `Fields of ${name}`));
}

function typeNodes(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1);
    return [anchor(`#${name}`, name)];
  }
  if (schema.type === "array") return ["list of ", ...typeNodes(schema.items ?? {})];
  const limits = [schema.maxLength && `≤ ${schema.maxLength} characters`, schema.maxItems && `≤ ${schema.maxItems}`, schema.enum?.join(" | ")];
  return [[schema.type ?? "", ...limits].filter(Boolean).join(", ")];
}

function table(rows, label) {
  const body = rows.map((cells) => build("tr", {}, ...cells.map((cell) => build("td", {}, cell))));
  return build("div", { class: "table", tabindex: "0", role: "region", "aria-label": label }, build("table", {}, build("tbody", {}, ...body)));
}

function curl(method, path, operation, spec) {
  const address = `${location.origin}${path}`;
  if (method === "post") {
    const name = operation.requestBody.content["application/json"].schema.$ref.split("/").at(-1);
    const { properties, required } = spec.components.schemas[name];
    const body = Object.fromEntries(required.map((field) => [field, properties[field].example]));
    return `curl ${address} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  }
  const wanted = operation.parameters?.find((parameter) => parameter.in === "query" && parameter.required);
  return wanted ? `curl -G ${address} --data-urlencode '${wanted.name}=what papers were at ECCV?'` : `curl ${address}`;
}

show().catch(() => {
  main.removeAttribute("aria-busy");
  main.append(build("p", { role: "alert" }, "openapi.json could not be loaded; reload this page."));
});
