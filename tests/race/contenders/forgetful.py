"""A contender that loses an update when it ends."""

from honest import Honest

from benchmarks.race.protocol import serve


class Forgetful(Honest):
    is_built = False

    def save(self) -> None:
        if not self.is_built:
            super().save()

    def load(self, folder, documents) -> None:
        super().load(folder, documents)
        self.is_built = True


if __name__ == "__main__":
    serve(Forgetful)
