"""Search for pages that mix English and Chinese.

Sphinx's own English index keeps a Chinese clause as one word, and its Chinese index splits the
pages but not the query. Here both are split the same way: a run of Chinese characters becomes
its pairs of neighbours, as in Lucene's CJKBigramFilter, so a phrase of two characters or more is
found wherever it stands. A single character is indexed too.
"""

import re

from sphinx.application import Sphinx
from sphinx.search import languages
from sphinx.search.en import SearchEnglish

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
RUN = re.compile(f"([{HAN}]+)")


class SearchBigram(SearchEnglish):
    """English words, stemmed, and Chinese character pairs."""

    lang = "zh_bigram"
    language_name = "English and Chinese"
    # The browser splits a query as split() splits a page, without the single characters.
    js_splitter_code = r"""
var splitQuery = function (query) {
  var terms = [];
  query.split(/[^\p{Letter}\p{Number}_\p{Emoji_Presentation}]+/gu).forEach(function (word) {
    word.split(/([\u3400-\u4dbf\u4e00-\u9fff]+)/u).forEach(function (part) {
      if (!part) return;
      if (/^[\u3400-\u4dbf\u4e00-\u9fff]/u.test(part) && part.length > 2)
        for (var i = 0; i + 1 < part.length; i++) terms.push(part.slice(i, i + 2));
      else terms.push(part);
    });
  });
  return terms;
};
"""

    def split(self, input: str) -> list[str]:
        """Split a page's text into terms."""
        terms: list[str] = []
        for word in self._word_re.findall(input):
            for part in RUN.split(word):
                if RUN.fullmatch(part):
                    terms += [part[i : i + 2] for i in range(len(part) - 1)]
                    terms += part
                elif part:
                    terms.append(part)
        return terms

    def word_filter(self, word: str) -> bool:
        """Keep every Chinese term, and the English words that Sphinx keeps."""
        return bool(RUN.fullmatch(word)) or super().word_filter(word)


def setup(app: Sphinx) -> dict[str, bool]:
    """Make ``html_search_language: zh_bigram`` known to Sphinx."""
    languages[SearchBigram.lang] = SearchBigram
    return {"parallel_read_safe": True, "parallel_write_safe": True}
