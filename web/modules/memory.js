// What this browser remembers: the conversation and the chosen language. Nothing leaves it.

const MAX_TURNS = 20;

export class Memory {
  constructor(key) {
    this.key = `lab-assistant:${key}`;
  }

  /** Return the kept turns, oldest first: [{question, answer}] with answer the API's body. */
  turns() {
    const turns = this.#read("turns");
    return Array.isArray(turns) ? turns.filter((turn) => turn?.question && turn?.answer) : [];
  }

  add(question, answer) {
    this.#write("turns", [...this.turns(), { question, answer }].slice(-MAX_TURNS));
  }

  /** Remember that the answer with this id was judged. */
  judged(id, helpful) {
    this.#write("turns", this.turns().map((turn) => (turn.answer.id === id ? { ...turn, answer: { ...turn.answer, judged: helpful } } : turn)));
  }

  clear() {
    this.#write("turns", []);
  }

  get language() {
    return this.#read("language");
  }

  set language(language) {
    this.#write("language", language);
  }

  // A private window or a full disk makes storage throw; the conversation goes on without it.
  #read(name) {
    try {
      return JSON.parse(localStorage.getItem(`${this.key}:${name}`));
    } catch {
      return null;
    }
  }

  #write(name, value) {
    try {
      localStorage.setItem(`${this.key}:${name}`, JSON.stringify(value));
    } catch {
      /* see above */
    }
  }
}
