"""The same phrases in other languages than English: orders set aside, no limits, the system prompt asked for.

Models are attacked in whatever language they read, and text heads that learned from English find little of it: of seven
days on which callers of a foreign test attacked in German, Spanish, French, Russian and Polish, two were told. Each
language has the words of three acts; how they are put together is alike. Single hits accuse nobody, as in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import NamedTuple
from unicodedata import normalize

from tidegate.callers.behaviour.phrases import LONGEST, Phrase


class Language(NamedTuple):
    """Expressions in lower case; where spaces part words, `forget`, `be` and `show` are words with spaces between."""

    name: str
    forget: str
    whose: str  # what says that rules are the model's own: all, earlier, your
    rules: str
    be: str  # answer, you are, pretend
    free: str  # without limits
    show: str
    secret: str  # the system prompt
    spaced: bool = True


LANGUAGES = (
    Language(
        "German",
        "ignoriere ignorier ignorieren vergiss vergesse vergessen missachte missachten umgehe übergehe überschreibe",
        r"alle[rn]?|sämtliche[n]?|bisherigen?|vorherigen?|vorigen?|vorangegangenen|früheren?|obigen?|deine[rn]?|ihre[rn]?|jegliche",
        r"anweisung(?:en)?|regeln|instruktionen|vorgaben|richtlinien|(?:ein|be)schränkungen|befehle|sicherheits\w+",
        "antworte antworten bist spiel spiele stell sei verhalte agiere handle tu",
        r"ohne (?:jede |jegliche |irgendeine |alle )?(?:ethische[n]? |moralische[n]? )?(?:(?:ein|be)schränkung(?:en)?|zensur|filter|"
        r"warnung(?:en)?|regeln|tabus)|keine(?:rlei)? (?:regeln|grenzen|(?:ein|be)schränkungen|filter)|"
        r"un(?:eingeschränkt|zensiert|gefiltert)\w*|alles erlaubt",
        "wiederhole wiederhol zeig zeige nenne gib verrate übersetze drucke schreib schreibe lautet steht sag sage kopiere offenbare fasse",
        r"system[- ]?(?:prompt|anweisung|nachricht|instruktion)\w*|(?:ursprünglich|anfänglich|geheim|versteckt|intern|initial)\w* "
        r"(?:anweisung|instruktion|prompt|vorgabe)\w*|deine (?:anweisungen|instruktionen|vorgaben)",
    ),
    Language(
        "Spanish",
        "ignora ignore ignorar ignoren olvida olvide olvidar olvídate omite desobedece descarta",
        r"tod[oa]s|tus|sus|anteriores|previ[oa]s",
        r"instrucciones|reglas|normas|directrices|restricciones|indicaciones|órdenes|ordenes|limitaciones|filtros",
        "responde responda actúa actua eres finge imagina simula compórtate serás",
        r"sin (?:ninguna? |ningún |ningun )?(?:restricci(?:ón|on|ones)|l[ií]mites?|censura|filtros?|advertencias?|reglas)|"
        r"no tienes (?:restricciones|l[ií]mites|reglas)|todo est[áa] permitido",
        "repite repita muestra muéstrame muestrame revela dime imprime traduce escribe copia cuáles cuales",
        r"(?:prompt|mensaje|instrucci(?:ón|ones)) (?:del? )?sistema|instrucciones (?:iniciales|originales|ocultas|internas|secretas)|"
        r"tus instrucciones|prompt (?:inicial|oculto|original)|system prompt",
    ),
    Language(
        "French",
        "ignore ignorez ignorer oublie oubliez oublier contourne contournez outrepasse désobéis",
        r"tou(?:te)?s|tes|vos|précédent(?:e)?s|antérieur(?:e)?s",
        r"instructions|consignes|règles|directives|restrictions|filtres|limitations",
        "réponds répondez agis agissez imagine imaginez fais faites comporte joue es êtes",
        r"sans (?:aucune? )?(?:restrictions?|limites?|censure|filtres?|avertissements?|règles)|aucune (?:règle|limite|restriction)|"
        r"tout est permis|non censuré\w*",
        "répète répétez montre montrez affiche affichez révèle révélez dis donne traduis écris copie quelles quelle",
        r"(?:prompt|message|instructions?|invite) (?:du |de )?système|instructions? (?:initiales?|d'origine|cachées?|internes?|secrètes?)|"
        r"(?:tes|vos) (?:instructions|consignes)|prompt (?:initial|caché)|system prompt",
    ),
    Language(
        "Portuguese",
        "ignore ignora ignorar esqueça esqueca esquece esquecer desconsidere descarte",
        r"tod[oa]s|suas|seus|tuas|teus|anteriores",
        r"instruções|instrucoes|regras|diretrizes|restrições|orientações|comandos|limitações|filtros",
        "responda responde aja és finja imagine seja você",
        r"sem (?:nenhuma? |qualquer )?(?:restriç(?:ão|ões)|limites?|censura|filtros?|avisos?|regras)|tudo é permitido",
        "repita repete mostre mostra revele diga imprima traduza escreva copie quais",
        r"(?:prompt|mensagem|instruções) d[eo] sistema|instruções (?:iniciais|originais|ocultas|internas|secretas)|suas instruções|"
        r"prompt (?:inicial|oculto)|system prompt",
    ),
    Language(
        "Italian",
        "ignora ignorate ignorare dimentica dimenticate dimenticati scorda",
        r"tutt[ei]|tue|tuoi|vostre|precedenti",
        r"istruzioni|regole|direttive|restrizioni|linee guida|indicazioni|limitazioni|filtri",
        "rispondi agisci sei fingi immagina comportati interpreta",
        r"senza (?:alcuna? |nessuna? |alcun )?(?:restrizion[ei]|limit[ei]|limitazion[ei]|censura|filtri|avvertenze|regole)|"
        r"tutto è permesso",
        "ripeti mostra mostrami rivela dimmi stampa traduci scrivi copia quali",
        r"(?:prompt|messaggio|istruzioni) di sistema|istruzioni (?:iniziali|originali|nascoste|interne|segrete)|le tue istruzioni|"
        r"prompt (?:iniziale|nascosto)|system prompt",
    ),
    Language(
        "Dutch",
        "negeer negeren vergeet omzeil",
        r"alle|je|jouw|uw|vorige|eerdere|bovenstaande",
        r"instructies|regels|richtlijnen|beperkingen|aanwijzingen|opdrachten|filters",
        "antwoord antwoordt bent doe speel gedraag",
        r"zonder (?:enige |alle )?(?:beperking(?:en)?|censuur|filters?|waarschuwing(?:en)?|regels)|geen (?:regels|grenzen|beperkingen|filters)|"
        r"ongecensureerd\w*|alles mag",
        "herhaal toon geef onthul vertel vertaal schrijf kopieer",
        r"systeem[- ]?(?:prompt|bericht|instructies?)|(?:oorspronkelijke|geheime|verborgen|interne|initiële) (?:instructies|prompt)|"
        r"(?:je|jouw|uw) instructies|system prompt",
    ),
    Language(
        "Swedish",
        "ignorera glöm bortse strunta",
        r"alla|dina|tidigare|föregående|ovanstående",
        r"instruktioner\w*|regler\w*|riktlinjer\w*|begränsningar\w*|anvisningar\w*",
        "svara är låtsas agera spela",
        r"utan (?:några |alla )?(?:begränsningar|censur|filter|varningar|regler)|inga (?:regler|gränser|begränsningar)|ocensurerad\w*",
        "upprepa visa avslöja skriv översätt berätta",
        r"system[- ]?(?:prompt\w*|instruktion\w*|meddelande\w*)|(?:ursprungliga|hemliga|dolda|interna) (?:instruktioner|prompt)\w*|dina instruktioner",
    ),
    Language(
        "Polish",
        "zignoruj ignoruj zapomnij pomiń odrzuć obejdź",
        r"wszystki(?:e|ch)|swoje|swoich|poprzedni(?:e|ch)|wcześniejsz(?:e|ych)|powyższ(?:e|ych)",
        r"instrukcj[eai](?:ch)?|zasad(?:y|ach)?|reguł(?:y|ach)?|polece(?:nia|ń|niach)|wytyczn(?:e|ych)|ogranicze(?:nia|ń|niach)",
        "odpowiadaj odpowiedz jesteś udawaj działaj zachowuj wyobraź",
        r"bez (?:żadnych |jakichkolwiek )?(?:ograniczeń|cenzury|filtrów|ostrzeżeń|zasad)|wolnym modelem|nieocenzurowan\w+|"
        r"wszystko (?:wolno|jest dozwolone)",
        "powtórz pokaż wyświetl ujawnij podaj przetłumacz napisz skopiuj wypisz zacytuj",
        r"prompt\w* systemow\w+|instrukcj\w+ systemow\w+|(?:początkow|pierwotn|ukryt|tajn|wewnętrzn)\w+ (?:instrukcj\w+|prompt\w*)|"
        r"swoje instrukcje|system prompt",
    ),
    Language(
        "Russian",
        "игнорируй игнорируйте проигнорируй забудь забудьте отбрось нарушь обойди",
        r"все[хм]?|всё|свои[хм]?|предыдущи[ехм]|прежни[ехм]|прошлы[ехм]",
        r"инструкци[ийях]+|правил[аы]?х?|указани[йяех]+|ограничени[йяех]+|команды|установки",
        "отвечай ответь притворись представь действуй веди ты",
        r"без (?:каких-либо |всяких |любых )?(?:ограничений|цензуры|фильтров|предупреждений|правил)|нет (?:правил|ограничений|запретов)|"
        r"вс[её] (?:можно|разрешено|дозволено)",
        "повтори повторите покажи покажите раскрой раскройте выведи скажи напиши переведи скопируй процитируй",
        r"системн\w+ (?:промпт\w*|инструкци\w+|сообщени\w+|подсказк\w+)|(?:начальн|исходн|скрыт|секретн|внутренн|первоначальн)\w+ "
        r"(?:инструкци\w+|промпт\w*|указани\w+)|свои инструкции|system prompt",
    ),
    Language(
        "Ukrainian",
        "ігноруй ігноруйте проігноруй забудь забудьте відкинь обійди",
        r"усі|всі|свої|попередні|колишні",
        r"інструкції|правила|вказівки|обмеження|команди",
        "відповідай дай уяви дій поводься ти",
        r"без (?:жодних |будь-яких )?(?:обмежень|цензури|фільтрів|попереджень|правил)|немає (?:правил|обмежень)|все дозволено",
        "повтори повторіть покажи покажіть розкрий виведи скажи напиши переклади скопіюй",
        r"системн\w+ (?:промпт\w*|інструкці\w+|повідомлен\w+)|(?:початков|прихован|секретн|таємн)\w+ (?:інструкці\w+|промпт\w*)|свої інструкції",
    ),
    Language(
        "Turkish",
        "unut unutun yoksay görmezden boşver atla",
        r"tüm|bütün|önceki|yukarıdaki",
        r"talimat\w*|kural\w*|yönerge\w*|kısıtlama\w*|komut\w*",
        "cevapla yanıtla davran rolünü gibi cevap",
        r"(?:hiçbir )?(?:kısıtlama|sansür|filtre|sınır|kural)(?:sız|siz|lama olmadan| olmadan|lar olmadan)|sansürsüz",
        "göster tekrarla yazdır söyle açıkla çevir yaz",
        r"sistem (?:istem\w*|mesaj\w*|talimat\w*|komut\w*|prompt\w*)|(?:gizli|ilk|başlangıç) (?:talimat\w*|istem\w*)",
    ),
    Language(
        "Indonesian",
        "abaikan lupakan hiraukan",
        r"semua|seluruh|sebelumnya|di atas",
        r"instruksi|aturan|perintah|pedoman|batasan|larangan",
        "jawab jawablah kamu anda berpura bertindak bayangkan",
        r"tanpa (?:batasan|batas|sensor|filter|aturan|peringatan)|tidak ada (?:batasan|aturan)",
        "ulangi tampilkan ungkapkan tulis terjemahkan tunjukkan salin",
        r"(?:prompt|instruksi|pesan) sistem|instruksi (?:awal|tersembunyi|rahasia|asli)|system prompt",
    ),
    Language(
        "Vietnamese",
        "bỏ quên phớt",
        r"tất cả|mọi|trước|các|trên",
        r"hướng dẫn|quy tắc|chỉ dẫn|giới hạn|lệnh|chỉ thị",
        "trả bạn đóng hãy",
        r"không (?:có |bị )?(?:giới hạn|kiểm duyệt|hạn chế|bộ lọc|quy tắc)",
        "lặp hiển tiết dịch viết nhắc",
        r"(?:lời nhắc|hướng dẫn|thông điệp|prompt) hệ thống|hướng dẫn (?:ban đầu|ẩn|bí mật)|system prompt",
    ),
    Language(
        "Arabic",
        "تجاهل تجاهلي انس انسَ انسى تخط",
        r"جميع|كل|كافة|السابقة",
        r"التعليمات|تعليماتك|تعليمات|القواعد|قواعدك|القيود|الإرشادات|الأوامر",
        "أجب اجب أنت تصرف تخيل تظاهر",
        r"(?:بدون|دون|بلا) (?:أي )?(?:قيود|رقابة|فلاتر|حدود|تحذيرات|قواعد)",
        "كرر اعرض أظهر اكشف اطبع ترجم اكتب أخبرني",
        r"(?:موجه|رسالة|تعليمات|مطالبة) النظام|تعليماتك|التعليمات (?:الأصلية|السرية|الداخلية|الأولية|المخفية)",
    ),
    Language(
        "Chinese",
        "忽略|无视|無視|忘记|忘記|忘掉|绕过|繞過|不要理会",
        "之前|以上|所有|先前|前面|一切|全部|你的",
        "指令|规则|規則|指示|限制|要求|准则|提示|设定|設定",
        "你(?:现在|現在)?是|扮演|假装|假裝|回答|作为|作為",
        "(?:没有|沒有|不受|无|無)(?:任何)?(?:限制|约束|約束|审查|審查|道德|规则|規則|过滤|過濾)|毫无限制|什么都可以",
        "重复|重複|复述|複述|输出|輸出|显示|顯示|告诉我|告訴我|打印|泄露|翻译|翻譯|写出|寫出",
        "系统提示|系統提示|系统指令|系統指令|系统消息|系統訊息|初始指令|初始提示|隐藏的?(?:指令|提示)|你的(?:指令|提示词|提示詞)",
        spaced=False,
    ),
    Language(
        "Japanese",
        "無視|忘れ|破棄|従わ",
        "これまで|以前|すべて|全て|上記|あなたの|前の",
        "指示|命令|ルール|規則|制約|制限|ガイドライン|プロンプト",
        "答え|回答|ふりを|演じ|あなたは|として",
        "(?:制限|制約|検閲|フィルター|規制|ルール)(?:は|も|が|の)?(?:なし|なく|ない|無し|無く)|何でも(?:答え|でき)",
        "繰り返し|表示|出力|教えて|見せて|翻訳|書い|書き",
        "システム(?:プロンプト|メッセージ|指示|命令)|(?:初期|最初の|元の|隠された|内部)の?(?:指示|プロンプト|命令)|あなたの指示",
        spaced=False,
    ),
    Language(
        "Korean",
        "무시|잊어|잊고|따르지",
        "이전|모든|위의|앞의|기존|너의|당신의",
        "지시|명령|규칙|지침|제한|프롬프트",
        "대답|답변|답해|행동|연기|너는|당신은|역할",
        r"(?:제한|검열|필터|제약|규칙)(?:이|은)? ?(?:없이|없는|없다)",
        "반복|보여|출력|알려|말해|번역|공개",
        r"시스템 ?(?:프롬프트|메시지|지시|명령)|(?:초기|원래|숨겨진|비밀) ?(?:지시|프롬프트|명령|지침)",
        spaced=False,
    ),
    Language(
        "Hindi",
        "अनदेखा|नज़रअंदाज़|नजरअंदाज|भूल जा",
        "सभी|पिछले|पहले|ऊपर|अपने",
        "निर्देश|नियम|प्रतिबंध|आदेश",
        "उत्तर|जवाब|आप|तुम|बनो",
        "बिना किसी (?:प्रतिबंध|रोक|सेंसर|सीमा|चेतावनी|नियम)|कोई (?:प्रतिबंध|नियम|सीमा) नहीं",
        "दिखा|बता|दोहरा|लिख|प्रिंट|अनुवाद",
        "सिस्टम (?:प्रॉम्प्ट|निर्देश|संदेश)|(?:प्रारंभिक|मूल|छिपे|गुप्त) (?:निर्देश|प्रॉम्प्ट)",
        spaced=False,
    ),
    Language(
        "Thai",
        "ลืม|เพิกเฉย|ไม่ต้องสนใจ|ละเลย",
        "ทั้งหมด|ก่อนหน้า|เดิม|ข้างต้น",
        "คำสั่ง|กฎ|ข้อจำกัด|แนวทาง",
        "ตอบ|คุณคือ|แสดงเป็น|สวมบท",
        "(?:โดยไม่มี|ไม่มี|ปราศจาก)(?:ข้อจำกัด|การเซ็นเซอร์|กฎ|ตัวกรอง)",
        "แสดง|บอก|พิมพ์|ทวน|แปล|เปิดเผย",
        "พรอมต์(?:ของ)?ระบบ|คำสั่ง(?:ของ)?ระบบ|ข้อความระบบ|คำสั่ง(?:เริ่มต้น|ลับ)",
        spaced=False,
    ),
)  # fmt: skip
# Words that are English as well don't make a text worth searching; where a phrase may have no other, a small word of
# the language does.
_ENGLISH = frozenset(
    ["imagine", "handle", "ignore", "dime", "visa", "sage", "sag", "doe", "bent", "dis", "fasse", "tu", "es", "sei"]
)
_SMALL = {
    "German": "alle alles bist",
    "Spanish": "todas todos tus",
    "French": "toutes tous tes vos",
    "Portuguese": "todas todos suas seus",
    "Italian": "tutte tutti",
    "Dutch": "je jouw",
    "Swedish": "din dina",
}
_ATTACK, _SYSTEM = "prompt_attack", "system_prompt_extraction"


def _either_order(first: str, apart: int, second: str) -> str:
    return rf"(?:{first}).{{0,{apart}}}?(?:{second})|(?:{second}).{{0,{apart}}}?(?:{first})"


def _phrases_of(language: Language) -> Iterator[Phrase]:
    edge = r"\b" if language.spaced else ""
    forget, be, show = (
        rf"{edge}(?:{verbs.replace(' ', '|')}){edge}" for verbs in (language.forget, language.be, language.show)
    )
    rules, secret, free = (rf"{edge}(?:{words})" for words in (language.rules, language.secret, language.free))
    whose = rf"{edge}(?:{language.whose}){edge}"
    owned = rf"{whose}.{{0,30}}?{rules}|{rules}.{{0,12}}?{whose}"
    aside = rf"{_either_order(forget, 24, owned)}|{forget}.{{0,8}}?{rules}"
    for name, attack, verbs, shape in (
        ("instructions set aside", _ATTACK, language.forget, aside),
        ("unrestricted persona", _ATTACK, language.be, _either_order(be, 100, free)),
        ("asks for the system prompt", _SYSTEM, language.show, _either_order(show, 50, secret)),
    ):
        triggers = f"{verbs} {_SMALL.get(language.name, '')}" if language.spaced else ""
        words = frozenset(triggers.split()) - _ENGLISH
        yield Phrase(f"{name}, in {language.name}", attack, words, re.compile(normalize("NFKC", shape), re.S))


PHRASES_ABROAD = tuple(phrase for language in LANGUAGES for phrase in _phrases_of(language))
_SPACED = tuple(phrase for phrase in PHRASES_ABROAD if phrase.words)
_UNSPACED = tuple(phrase for phrase in PHRASES_ABROAD if not phrase.words)
# Thai, Devanagari, kana, Han, Hangul: words aren't parted by spaces, or have signs that are no letters to `re`.
_SCRIPTS = re.compile("[\u0900-\u097f\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_EVERY_WORD = frozenset().union(*(phrase.words for phrase in _SPACED))


def said_abroad(plain: str, distinct: Set[str]) -> list[Phrase]:
    """The phrases in other languages that a plain text holds; of each kind one: neighbours share words."""
    found: dict[str, Phrase] = {}
    text = plain if len(plain) <= LONGEST else plain[: LONGEST // 2] + plain[-LONGEST // 2 :]
    if not distinct.isdisjoint(_EVERY_WORD):
        for phrase in _SPACED:
            if not distinct.isdisjoint(phrase.words) and phrase.pattern.search(text):
                found.setdefault(phrase.name.partition(",")[0], phrase)
    if not text.isascii() and _SCRIPTS.search(text):
        for phrase in _UNSPACED:
            if phrase.pattern.search(text):
                found.setdefault(phrase.name.partition(",")[0], phrase)
    return list(found.values())
