"""The one analysis chain of every engine, at index and at query time: fold, segment, pair; knows no engine."""

from kbsearch.indexing.analysis.chain import AnalysedDocument, AnalysisChain, QueryTerms
from kbsearch.indexing.analysis.folding import Folded, fold, fold_with_origin
from kbsearch.indexing.analysis.lexicon import Lexicon, LexiconFault, load_lexicon

__all__ = ["AnalysedDocument", "AnalysisChain", "Folded", "Lexicon", "LexiconFault", "QueryTerms"]
__all__ += ["fold", "fold_with_origin", "load_lexicon"]
