"""What a Jekyll site publishes of its sources."""

from pathlib import Path

import pytest

from assistant.readers import boilerplate
from assistant.readers.builder import DocumentBuilder
from assistant.readers.corpus import Corpus, read_corpus

SITE = {
    "_config.yml": "title: Kelp Lab\nemail: kelp@sea.example\nplugins: [jekyll-feed]\n",
    "_data/navigation.yml": "main:\n  - {title: Home, url: /}\n  - {title: People, url: /people/}\n",
    "_data/ui-text.yml": "en: {page: Page}\n",
    "_data/papers.yml": "- {title: Kelp Forests, venue: Marine Letters, year: 2020}\n",
    "_data/sources.yml": "- {id: 'doi:10.1/x', tags: kelp}\n",
    "_data/citations.yml": "- {title: Old Kelp, file: sources.yml}\n",
    "index.md": "---\ntitle: Home\n---\nWelcome. See [the rules](rules.html).\n",
    "_pages/people.md": "---\ntitle: People\npermalink: /people/\n---\n{% for p in site.members %}{% endfor %}\nAll\n",
    "_pages/papers.md": "---\ntitle: Papers\npermalink: /people/papers/\n---\nOur papers. {{ site.data.papers }}\n",
    "_pages/cv.md": "---\ntitle: CV\npermalink: /cv/\n---\nA forgotten page, with {{ site.data.citations }}\n",
    "_pages/markdown.md": "---\ntitle: Markdown\npermalink: /markdown/\n---\nLorem ipsum dolor sit amet.\n",
    "_pages/404.md": "---\ntitle: Not found\n---\nSorry.\n",
    "rules.md": "---\ntitle: Rules\n---\nClose the [door](/people/papers/).\n",
    "_members/ana.md": "---\nname: Ana Sol\nrole: Professor\n---\nAna studies kelp.\n",
    "_talks/one.md": "---\ntitle: A talk\ndate: 2020-01-01\n---\nNobody lists talks but the theme.\n",
    "_posts/2020-01-01-real.md": "---\ntitle: We moved\n---\nThe lab moved to the harbour.\n",
    "_posts/2012-08-14-blog-post-1.md": "---\ntitle: Blog Post number 1\n---\nThis is a sample blog post.\n",
    "_posts/2199-01-01-later.md": "---\ntitle: Later\n---\nNot yet.\n",
    "_drafts/idea.md": "---\ntitle: Idea\n---\nNot yet.\n",
    "secret.md": "---\ntitle: Secret\npublished: false\n---\nNot yet.\n",
    "README.md": "# How to install this theme\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    root: Path = tmp_path_factory.mktemp("site")
    for name, text in SITE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return read_corpus(root, site_url="https://kelp.example")


@pytest.mark.parametrize(
    ("source", "status", "url"),
    [
        ("index.md", "published", "https://kelp.example/"),
        ("rules.md", "published", "https://kelp.example/rules.html"),
        ("_pages/people.md", "published", "https://kelp.example/people/"),
        ("_pages/papers.md", "published", "https://kelp.example/people/papers/"),
        ("_pages/cv.md", "orphan", "https://kelp.example/cv/"),
        ("_pages/markdown.md", "placeholder", "https://kelp.example/markdown/"),
        ("_members/ana.md", "published", "https://kelp.example/people/"),
        ("_talks/one.md", "published", ""),
        ("_data/papers.yml", "published", "https://kelp.example/people/papers/"),
        ("_data/citations.yml", "orphan", "https://kelp.example/cv/"),
        ("_data/sources.yml", "orphan", ""),
        ("_posts/2020-01-01-real.md", "published", ""),
        ("_posts/2012-08-14-blog-post-1.md", "placeholder", ""),
        ("_config.yml", "published", "https://kelp.example/"),
    ],
)
def test_status_and_address_are_those_of_the_site(corpus: Corpus, source: str, status: str, url: str):
    document = next(document for document in corpus.documents if document.source == source)
    assert (document.status, document.url) == (status, url)


def test_what_the_site_does_not_publish_is_skipped_with_a_reason(corpus: Corpus):
    skipped = {item.source: item.reason for item in corpus.skipped}
    assert set(SITE) - {document.source for document in corpus.documents} == set(skipped)
    assert "2199-01-01" in skipped["_posts/2199-01-01-later.md"]
    assert "published: false" in skipped["secret.md"]
    assert all(skipped.values())


def test_settings_say_only_what_is_about_the_lab(corpus: Corpus):
    settings = next(document for document in corpus.documents if document.source == "_config.yml")
    assert [(table.columns, table.rows[0].cells) for table in settings.tables] == [
        (("title", "email"), ("Kelp Lab", "kelp@sea.example"))
    ]


@pytest.mark.parametrize(
    ("text", "is_linked", "expected"),
    [
        ("Lorem ipsum dolor sit amet, consectetur adipiscing elit.", True, True),
        ("We study kelp. " * 200 + "Lorem ipsum.", False, True),
        ("We study kelp.\n\n" * 40 + "Lorem ipsum.", True, False),
        ("We study kelp.", False, False),
    ],
)
def test_a_page_is_boilerplate_by_its_share_of_demo_text(text: str, is_linked: bool, expected: bool):
    builder = DocumentBuilder("page.md")
    for paragraph in text.split("\n\n"):
        builder.block("paragraph", paragraph, line=1)
    assert boilerplate.is_boilerplate(builder.build(title="Kelp"), is_linked=is_linked) is expected
