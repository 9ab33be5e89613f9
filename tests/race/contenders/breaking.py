"""A contender that breaks at its seventh question."""

from honest import Honest

from benchmarks.race.protocol import serve


class Breaking(Honest):
    asked = 0

    def ask(self, question):
        self.asked += 1
        if self.asked == 7:
            raise ValueError("no more questions")
        return super().ask(question)


if __name__ == "__main__":
    serve(Breaking)
