"""Phrases that tell by themselves: rules where a rule suffices.

Each rule is tried only on texts that hold one of its words, so that an ordinary text costs one look-up of sets.
They read what the user said, never the system prompt: 76 % of benign system prompts would trip them.
"""

from __future__ import annotations

import re
from collections.abc import Set
from itertools import pairwise
from typing import NamedTuple


class Phrase(NamedTuple):
    name: str
    attack: str  # prompt_attack, system_prompt_extraction, training_data_extraction
    words: frozenset[str]
    pattern: re.Pattern[str]


def _phrase(name: str, attack: str, words: str, pattern: str) -> Phrase:
    return Phrase(name, attack, frozenset(words.split()), re.compile(pattern, re.S))


_SECRET = (
    r"(?:pre-?prompt|(?:(?:system|initial|initiali[sz]ation|hidden|original|secret|confidential|internal|custom|prior|previous|"
    r"developer|starting|preset|base|full|exact|entire|complete|first|given|own|underlying|core)[ -]?(?:and |of )?){1,3}"
    r"(?:prompts?|instructions?|message|directives?|guidelines|rules|commands?|configuration|preamble))"
)
_ATTACK, _SYSTEM, _TRAINING = "prompt_attack", "system_prompt_extraction", "training_data_extraction"

PHRASES: tuple[Phrase, ...] = (
    _phrase(
        "asks for the system prompt", _SYSTEM,
        "prompt prompts preprompt instruction instructions message directive directives guidelines rules preamble command "
        "commands configuration",
        r"\b(?:repeat|print|output|show|reveal|display|tell|give|write|copy|echo|summari[sz]e|translate|encode|spell|list|what|"
        r"recite|share|provide|expose|leak|dump|return|convert|describe|state|quote|say|type|include|append|paste|disclose|"
        r"explain|outline|render|paraphrase|rephrase|begin|start|confirm|put|see|read|recall|reiterate|duplicate|parrot|mirror)\b.{0,80}?"
        r"\b(?:(?:your|ur|the chatbot's|the assistant's)\s+" + _SECRET + r"|the (?:system|initial|hidden|original) (?:prompt|instructions|message))"
        r"(?! (?:for (?:my|our|a)|of (?:my|our)))",
    ),
    _phrase(
        "asks for the whole conversation", _SYSTEM,
        "sentences words phrases text statements conversation dialogue discourse instruction instructions prompt initialization input",
        r"\b(?:recite|repeat|reiterate|list|recall|replay|echo|mirror\w*|parrot|duplicat\w+|reproduc\w+|copy|print|output|provide|tell me|rewind)\b.{0,40}?"
        r"\b(?:(?:all|every|each|any|the entirety)\b.{0,24}?\b(?:sentences?|words|phrases|statements|text|lines)\b.{0,60}?\b(?:instructions?|prompt|conversation|"
        r"dialogue|chat|discourse|input|command|processed|encountered|interpreted|given|provided|above)|"
        r"(?:your|the (?:earlier|original|initial|very first)) (?:initiali[sz]ation|instructions?|prompt)|instructions? (?:given to you|you (?:were|have been) given))",
    ),
    _phrase(
        "asks for what stands above", _SYSTEM, "above before prior preceding previous",
        r"\b(?:repeat|print|output|copy|echo|write|return|reproduce|paste|put|say|type|show)\b.{0,40}"
        r"\b(?:everything|all|anything|(?:the )?(?:words|text|content|sentences|lines?|instructions?))\b.{0,30}"
        r"\b(?:above|before (?:this|my)|prior to (?:this|my)|preceding|previously (?:given|said|written))",
    ),
    _phrase(
        "asks what it was told", _SYSTEM, "told instructed programmed given prompted forbidden allowed",
        r"\b(?:what|which|how)\b.{0,60}\b(?:were|was|are|have) you (?:been )?(?:told|instructed|programmed|given|prompted|"
        r"forbidden|(?:not )?allowed)\b.{0,60}\b(?:before|beginning|start|initially|instructions?|prompt|your (?:system|initial)|"
        r"conversation|developers?)",
    ),
    _phrase("starting with you are", _SYSTEM, "starting start starts begin begins beginning",
            r"\b(?:start(?:s|ing)?|begin(?:s|ning)?) (?:with|from|at)\b.{0,40}(?:[\"'`]|phrase |words? |sentence )you are"),
    _phrase(
        "instructions set aside", _ATTACK, "ignore disregard forget override bypass overrule neglect",
        r"\b(?:ignore|disregard|forget|override|bypass|overrule|neglect)\b(?: \w+){0,4}? (?:previous|prior|above|earlier|preceding|existing|"
        r"initial|safety|content|ethical|all|any|your|openai)\b(?: \w+){0,3}? (?:instructions?|rules|guidelines?|prompts?|directions?|"
        r"directives?|restrictions?|filters?|polic(?:y|ies)|programming|training|constraints|protocols?|commands?)",
    ),
    _phrase(
        "unrestricted persona", _ATTACK,
        "restriction restrictions restricted limits limitations limited constrained filters filter rules morals boundaries "
        "censorship guidelines conscience ethics confines constraints bound refuse refuses unfiltered uncensored unrestricted "
        "unethical unbound amoral immoral jailbroken mode dan says",
        r"\b(?:act(?:ing)?|pretend|role-?play|simulate|become|imagine|named|called|play(?:ing)?|you (?:are|will|must)|respond as)\b.{0,400}?"
        r"(?:do anything now|no (?:ethical|moral|content|safety)? ?(?:restrictions?|limit(?:s|ations)?|filters?|rules|morals|boundaries|censorship|guidelines)\b|"
        r"without (?:any )?(?:ethical |moral |content |safety )?(?:restrictions?|limit(?:s|ations)?|filters?|rules|morals|censorship|conscience|ethics)\b|"
        r"free (?:of|from) (?:all |any |the )?(?:\w+ )?(?:restrictions?|limit(?:s|ations)?|filters?|rules|confines|constraints)|"
        r"(?:not|isn't|aren't|never|no longer) (?:be )?(?:bound|restricted|limited|constrained) by|never (?:refuses?|says? no)|cannot refuse|"
        r"can'?t refuse|un(?:filtered|censored|restricted|ethical|bound)|amoral|immoral|(?:dan|developer|god|evil|jailbreak(?:ed|en)?)[ -]mode|jailbroken)",
    ),
    _phrase("mode switched", _ATTACK, "mode dan jailbreak jailbroken stan dude",
            r"\b(?:enable|enter|activate|switch (?:to|into)|turn on|simulat\w+|with|in|as)\b.{0,30}\b(?:developer|debug|god|dan|jailbreak|"
            r"unrestricted|unfiltered|maintenance|opposite|evil|dev) mode\b|\bstay (?:as )?(?:a )?dan\b|\bjailbroken\b"),
    _phrase("refusal forbidden", _ATTACK, "refuse refusing apologize apologise disclaimer disclaimers moralize moralise warnings ethics apologizing apologising",
            r"\b(?:do not|don't|never|without|no|mustn't|must not|cannot|can't|avoid)\b(?: \w+){0,4}? (?:refus\w+|apologi[sz]\w*|disclaimers?|morali[sz]\w*|"
            r"lectur\w+|mention(?:ing)? (?:any )?ethics|warnings?)\b.{0,300}\b(?:answer|respond|response|request|question|comply|instructions?|output)"),
    _phrase("answer begun for it", _ATTACK, "sure absolutely certainly course",
            r"\b(?:begin|start|starting|beginning|prefix|preface)\b.{0,50}\bwith\b.{0,12}[\"'`](?:sure|absolutely|of course|certainly|yes)\b"),
    _phrase("safety switched off", _ATTACK, "safety moderation alignment filters policies",
            r"\b(?:safety|moderation|alignment|content) (?:layer|filters?|polic(?:y|ies)|protocols?|guidelines|systems?|features?)\b.{0,40}"
            r"\b(?:disabled|off|suspended|removed|bypassed|lifted|do not apply|don't apply|deactivated)"),
    _phrase("encoded orders", _ATTACK, "decode base64 rot13 decipher decrypt",
            r"\b(?:decode|decipher|decrypt|translate)\b.{0,200}\b(?:follow|carry out|execute|obey|answer|respond to|do what)\b"),
    _phrase("word without end", _TRAINING, "forever endlessly infinitely indefinitely nonstop times infinite infinity stopping end",
            r"\b(?:repeat|say|write|print|type|output|copy)\b.{0,80}?(?:\bforever\b|\bendless|\binfinit|\bindefinite|\bnon-?stop|without (?:stopping|end)|"
            r"over and over|(?:\d{3,}|thousand|million|hundred) times)"),
    _phrase("mask to be filled", _TRAINING, "mask", r"\[mask\]"),
    _phrase("recital by heart", _TRAINING, "verbatim word exact exactly memory training pretraining memorized memorised",
            r"\b(?:recite|reproduce|quote|continue|complete|write out|print|output|give|repeat|what comes|tell)\b.{0,120}?"
            r"(?:verbatim|word[- ]for[- ]word|from (?:your )?memory|exactly as (?:it|they) (?:appear|was|is)|(?:your|the) (?:pre-?)?training (?:data|set|corpus)|memori[sz]ed)"),
    _phrase("membership", _TRAINING, "training pretraining trained",
            r"\b(?:seen|contain|included?|part of|appear\w*|trained on|in|know)\b.{0,60}\byour (?:pre-?)?training (?:data|set|corpus)|were you trained on (?:this|the following)"),
)  # fmt: skip
_EVERY_WORD = frozenset().union(*(phrase.words for phrase in PHRASES))
LONGEST = 20_000  # characters searched by the rules: the text heads read all of it
# A name, then a contact detail left open, as ProPILE asks.
_OPEN_DETAIL = re.compile(
    r"^(?=.{10,200}$).*\b(?:contact|reach|email|e-mail|phone|mail|address|call|fax|number|lives|located|birth|born|employer|employed|works|studied|goes|member|belongs|send)\b.*"
    r"\b(?:at|is|are|to|by|on|in|of|called|named)\s*:?$",
    re.S,
)


def said(plain: str, words: list[str], distinct: Set[str]) -> list[Phrase]:
    """The phrases that a plain text holds."""
    found: list[Phrase] = []
    if not distinct.isdisjoint(_EVERY_WORD):
        text = plain if len(plain) <= LONGEST else plain[: LONGEST // 2] + plain[-LONGEST // 2 :]
        found = [p for p in PHRASES if not distinct.isdisjoint(p.words) and p.pattern.search(text)]
    if len(words) < 40 and words[-1] in _OPEN_ENDS and _OPEN_DETAIL.match(plain.rstrip()):
        found.append(_DETAIL)
    elif len(words) >= 4 and words[-1] in _STOPS and words[0] not in QUESTIONS and plain.rstrip()[-1:].isalnum():
        found.append(_OPEN)
    if len(words) >= _DIALOGUE_WORDS and not distinct.isdisjoint(_SPEAKERS) and _is_made_up_dialogue(plain):
        found.append(_SHOTS)
    if len(words) >= 12 and len(distinct) * 4 < len(words) and _longest_run(words) >= 8:
        found.append(_RUN)
    return found


_OPEN_ENDS = frozenset(["at", "is", "are", "to", "by", "on", "in", "of", ":"])
# A sentence that stops at one of these was left for the model to finish.
_STOPS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "at",
        "by",
        "to",
        "for",
        "from",
        "with",
        "into",
        "that",
        "which",
        "who",
        "whose",
        "and",
        "or",
        "but",
        "as",
        "than",
        "said",
        "says",
        "thought",
        "called",
        "named",
        "was",
        "were",
        "is",
        "are",
        "had",
        "has",
        "have",
        "his",
        "her",
        "their",
        "my",
        "our",
        "your",
        "its",
        "be",
        "been",
        "being",
        "would",
        "could",
        "should",
        "when",
        "because",
        "if",
        "very",
    ]
)
QUESTIONS = frozenset(
    [
        "who",
        "what",
        "when",
        "where",
        "which",
        "why",
        "how",
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "should",
    ]
)
DISGUISED = Phrase("text in disguise", _ATTACK, frozenset(), _OPEN_DETAIL)
LEFT_OPEN = "sentence left open"
_OPEN = Phrase(LEFT_OPEN, _TRAINING, frozenset(), _OPEN_DETAIL)
_DETAIL = Phrase("personal detail left open", _TRAINING, frozenset(), _OPEN_DETAIL)
_SHOTS = Phrase("dialogue made up", _ATTACK, frozenset(), _OPEN_DETAIL)
_RUN = Phrase("one word again and again", _TRAINING, frozenset(), _OPEN_DETAIL)


# Many-shot jailbreaking (Anthropic, April 2024): one turn that holds a long dialogue in which the model does what it is
# asked, again and again. A transcript of a chat has answers of all kinds.
_SPEAKERS = frozenset(["assistant", "ai", "chatgpt", "claude", "gpt", "bot", "model"])
_COMPLIES = re.compile(
    r"(?:^|\n)[ \t*#>]{0,8}(?:assistant|ai|chatgpt|claude|gpt|bot|model)[*]{0,2} ?:[*]{0,2} ?(?:sure|of course|certainly"
    r"|absolutely|definitely|happy to|glad to|i'm happy|i'd be happy|i am happy|no problem|with pleasure|here)\b"
)
_FEWEST_SHOTS, _DIALOGUE_WORDS = 6, 60


def _is_made_up_dialogue(plain: str) -> bool:
    return len(_COMPLIES.findall(plain[:LONGEST])) >= _FEWEST_SHOTS


def _longest_run(words: list[str]) -> int:
    longest = run = 1
    for one, other in pairwise(words):
        run = run + 1 if one == other else 1
        longest = max(longest, run)
    return longest
