// Talking to the server: questions as an event stream, sources and examples as JSON.

const SILENT_MS = 20_000; // ten of the server's heartbeats

/** Why a request failed: `code` is the API's, or "offline"; `waitS` is set when rate-limited. */
export class ApiError extends Error {
  constructor(code, message, waitS = 0) {
    super(message);
    this.code = code;
    this.waitS = waitS;
  }
}

export class Api {
  constructor(base) {
    this.base = base;
  }

  /** Yield `{event, data}` of the answer until it is done; throws ApiError or AbortError. */
  async *ask(question, { history, language, signal }) {
    const response = await this.#fetch("ask", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ question, history, language }),
      signal,
    });
    let finished = false;
    for await (const message of messages(response.body)) {
      if (message.event === "error") throw new ApiError(message.data.error?.code, message.data.error?.message);
      if (message.event === "done") finished = true;
      yield message;
    }
    if (!finished) throw new ApiError("offline", "the stream ended early");
  }

  /** Tell what a visitor thought of an answer: {answer, helpful, reason, note}. */
  async feedback(judgement) {
    const headers = { "Content-Type": "application/json" };
    await this.#fetch("feedback", { method: "POST", headers, body: JSON.stringify(judgement) });
  }

  async source(passage) {
    return (await this.#fetch(`sources/${encodeURIComponent(passage)}`)).json();
  }

  async examples(language) {
    return (await (await this.#fetch(`suggestions?language=${language}`)).json()).suggestions;
  }

  async #fetch(path, options) {
    let response;
    try {
      response = await soon(fetch(new URL(path, this.base), { credentials: "omit", ...options }));
    } catch (error) {
      if (error.name === "AbortError" || error instanceof ApiError) throw error;
      throw new ApiError("offline", String(error));
    }
    if (response.ok) return response;
    throw await refusal(response);
  }
}

/** Wait for `promise`, but no longer than a living server is ever silent. */
function soon(promise) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new ApiError("offline", "the server fell silent")), SILENT_MS);
  });
  return Promise.race([promise, silence]).finally(() => clearTimeout(timer));
}

async function refusal(response) {
  const waitS = Number(response.headers.get("Retry-After")) || 0;
  try {
    const { error } = await response.json();
    return new ApiError(error.code, error.message, waitS);
  } catch {
    // Not our server's shape: a proxy or tunnel speaks for a server that is gone.
    return new ApiError(response.status >= 502 ? "offline" : "internal", response.statusText, waitS);
  }
}

async function* messages(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  let ended = false;
  try {
    for (;;) {
      const { value, done } = await soon(reader.read());
      ended = done;
      if (done) return;
      buffer += value;
      const blocks = buffer.split("\n\n");
      buffer = blocks.pop();
      // A block without data is a comment that keeps the connection alive.
      for (const block of blocks) if (block.includes("data: ")) yield message(block);
    }
  } catch (error) {
    if (error.name === "AbortError" || error instanceof ApiError) throw error;
    throw new ApiError("offline", String(error));
  } finally {
    if (!ended) reader.cancel().catch(() => {});
  }
}

function message(block) {
  const lines = block.split("\n");
  const field = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  return { event: field("event")[0] ?? "message", data: JSON.parse(field("data").join("\n") || "{}") };
}
