fetch("data/news.json").then(answer => answer.json()).then(show);
