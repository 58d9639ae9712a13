"""The stories of the test site, written for it: what a reader sees, and nothing else.

`#` starts a heading, `-` a list item, `>` a quotation, `!` a caption; `[words](address)` is a
link. What is left without these marks is the text that extraction should find.
"""

import re
from dataclasses import dataclass

_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_KINDS = {"#": "heading", "-": "list_item", ">": "quote", "!": "caption"}


@dataclass(frozen=True)
class Story:
    """One story as its author handed it in."""

    slug: str
    title: str
    authors: list[str]
    outlet: str
    language: str
    published: str
    source: str

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """Give `(kind, words with links)` for each block."""
        lines = [line.strip() for line in self.source.strip().split("\n") if line.strip()]
        return [
            (_KINDS[line[0]], line[1:].strip()) if line[0] in _KINDS else ("paragraph", line)
            for line in lines
        ]

    @property
    def text(self) -> str:
        """Give the text without marks, one block a line."""
        return "\n".join(_LINK.sub(r"\1", words) for _, words in self.blocks)

    @property
    def links(self) -> list[tuple[str, str]]:
        """Give `(words, address)` for each link."""
        return _LINK.findall(self.source)

    def kinds(self) -> dict[str, str]:
        """Give the kind of each block by its words."""
        return {_LINK.sub(r"\1", words): kind for kind, words in self.blocks}


def replace_links(words: str, form: str = '<a href="{href}">{words}</a>') -> str:
    """Write the links of a block as HTML."""
    return _LINK.sub(lambda m: form.format(words=m[1], href=m[2].replace("&", "&amp;")), words)


STORIES = [
    Story(
        "harbour-dredging",
        "Harbour dredging costs double",
        ["Ana Ruiz"],
        "The Harbour Post",
        "en",
        "2025-03-02T06:00:00Z",
        """
        The cost of dredging the harbour has doubled to 40 million euros, according to [an audit](https://port.example/report?year=2025&part=2) that the city published on Monday. The council had promised a cap in 2023, and it did not hold.
        ! The dredger Brunel at pier four. Photo: Port authority
        # What the auditors found
        They name three reasons, among them the [price of sand](https://sand.example/prices) and a wet winter in which the port was closed for nine days.
        - Sand costs twice as much as it did in 2020, because two quarries have closed.
        - Storms kept the ships in port for nine days between November and January.
        - A pump broke in May and was [replaced only in August](https://port.example/pump).
        > “Nobody told the council in time,” said the auditor, Maria Lind. “The figures were there in June.”
        The council meets again in April 🚢. It is expected to vote on a loan of 12 million euros from the regional bank, and on a fee for ships that are longer than 200 metres.
        Opponents say that the fee will drive trade to the neighbouring port, which charges nothing and has a deeper channel.
        """,
    ),
    Story(
        "night-trains",
        "Night trains return to three cities",
        ["Jonas Weber", "Priya Nair"],
        "Civic Ledger",
        "en-GB",
        "2025-05-14T09:30:00Z",
        """
        Three cities that lost their night trains in 2014 are to have them back from December, the operator said on Wednesday. Tickets go on sale in September.
        The trains will run four times a week and stop in eleven towns on the way. A berth costs from 49 euros, which is less than the [average air fare](https://fares.example/2025) on the same route.
        # Who pays
        Two governments share the loss of about 7 million euros a year. A third has [declined to take part](https://ministry.example/statement), although one of its towns will be served.
        “We can afford it for three years,” the transport minister told parliament. “After that the carriages must be full.”
        Critics point out that the last attempt filled only 38 per cent of the berths. The operator answers that the [old timetable](https://trains.example/timetable-2013) left at five in the afternoon.
        # What comes next
        The carriages are being rebuilt in two workshops. The first is to be tested in October, and the unions have asked for a say in how the attendants work at night.
        """,
    ),
    Story(
        "water-meters",
        "City to read water meters by radio",
        ["Local desk"],
        "Riverside Echo",
        "en",
        "2024-11-20T12:00:00Z",
        """
        From next year nobody needs to be at home when the water meter is read. The city council decided on Tuesday to replace 84,000 meters with ones that report by radio once a day.
        The new meters cost 61 dollars each and last for fifteen years. The works department expects to find leaks within a day instead of within a quarter, as [a trial in the old town](https://works.example/trial) has shown.
        Tenants may refuse the daily report. In that case the meter sends one figure a month, which the [data protection office](https://privacy.example/meters) had asked for.
        The council voted 31 to 14. The opposition had moved to wait for the results from the neighbouring county, where batteries failed in the cold.
        Work starts in March in the north of the city and is to be finished in the autumn of 2027.
        """,
    ),
    Story(
        "escuelas-verano",
        "Las escuelas abrirán también en agosto",
        ["Lucía Ferrer"],
        "El Faro del Sur",
        "es",
        "2025-06-03T10:15:00Z",
        """
        La consejería de Educación abrirá 120 escuelas durante el mes de agosto para niños cuyas familias trabajan. El programa costará nueve millones de euros, según [la orden publicada el lunes](https://boletin.example/orden).
        Los sindicatos critican que no se haya contratado a más personal. «Con los mismos maestros no se puede abrir todo el año», dijo su portavoz.
        # Quién puede inscribirse
        - Familias en las que trabajan todos los adultos de la casa.
        - Niños con una beca de comedor durante el curso escolar.
        La inscripción empieza el 15 de junio. El año pasado se presentaron [más de 8.000 solicitudes](https://datos.example/solicitudes) para 5.200 plazas, y la mitad de las familias se quedó sin respuesta hasta julio.
        El ayuntamiento pondrá los autobuses y las meriendas. La oposición pide que se publique la lista de los centros antes de que termine el curso.
        """,
    ),
    Story(
        "bruecken",
        "Jede vierte Brücke muss erneuert werden",
        ["Karin Vogt", "Max Huber"],
        "Rheinblick",
        "de",
        "2025-02-11T05:00:00Z",
        """
        Von den 1.240 Brücken des Landes müssen in den nächsten zehn Jahren 310 erneuert werden. Das geht aus [einem Bericht des Verkehrsministeriums](https://verkehr.example/bericht) hervor, der am Dienstag vorgestellt wurde.
        Die Kosten werden auf 2,3 Milliarden Euro geschätzt. Der Rechnungshof hält diese Zahl für zu niedrig, weil sie auf Preisen von 2021 beruht.
        # Wo zuerst gebaut wird
        Zuerst sollen die Übergänge über den Fluss an die Reihe kommen. Drei davon sind schon jetzt für schwere Lastwagen gesperrt, und die Umwege kosten [nach Angaben der Kammer](https://kammer.example/umwege) täglich 90.000 Euro.
        „Wir haben dreißig Jahre lang gespart, und nun zahlen wir doppelt“, sagte die Ministerin.
        Die Gemeinden verlangen, dass das Land auch ihre Brücken übernimmt. Darüber wird im Herbst verhandelt.
        """,
    ),
    Story(
        "moustiques",
        "Le moustique tigre gagne le nord du pays",
        ["Claire Dubois"],
        "La Dépêche des Ports",
        "fr",
        "2025-07-08T16:45:00Z",
        """
        Le moustique tigre est désormais installé dans 81 départements, contre 71 il y a deux ans. L’agence de santé a publié mardi [une carte détaillée](https://sante.example/carte) de sa progression.
        « Il voyage dans nos voitures, pas avec ses ailes », rappelle l’entomologiste Paul Meyer. L’insecte ne vole guère plus de 150 mètres au cours de sa vie.
        # Ce que chacun peut faire
        Vider une fois par semaine les soucoupes et les seaux suffit à réduire le nombre de larves de moitié, d’après [une étude menée à Lyon](https://etudes.example/lyon) auprès de 400 foyers.
        Douze cas de dengue contractés sur place ont été signalés cet été. Aucun n’a été grave, mais l’agence demande aux médecins de déclarer chaque soupçon dans la journée.
        Les communes réclament un budget pour traiter les lieux publics avant le printemps.
        """,
    ),
    Story(
        "miyah",
        "وزارة المياه تعلن خطة لترميم السدود القديمة",
        ["سلمى حداد"],
        "صوت النهر",
        "ar",
        "2025-04-21T07:00:00Z",
        """
        أعلنت وزارة المياه يوم الاثنين خطة لترميم سبعة عشر سدا بنيت قبل عام 1970، بكلفة تبلغ 340 مليون دولار على مدى خمس سنوات. وجاء الإعلان بعد [تقرير هندسي](https://dams.example/report) حذر من تسرب في ثلاثة منها.
        وقالت الوزيرة إن العمل سيبدأ في الشمال لأن السدود هناك تحمي مئتي ألف نسمة من الفيضانات.
        # التمويل
        يأتي نصف المال من قرض دولي، والباقي من موازنة الدولة. وطالب نواب بنشر [نتائج الفحوص](https://dams.example/tests) قبل التصويت على القرض في الشهر المقبل.
        ويقول مهندسون إن الترميم يطيل عمر السد ثلاثين عاما، لكنه لا يحل مشكلة الرواسب التي ملأت ربع الخزانات.
        """,
    ),
    Story(
        "yakan-bus",
        "夜行バスの安全基準を見直しへ",
        ["田中さくら"],
        "湾岸新聞",
        "ja",
        "2025-01-17T03:00:00Z",
        """
        国土交通省は17日、夜行バスの安全基準を見直すと発表した。運転手の休憩時間を延ばし、二人乗務の距離を短くすることを[検討会の報告書](https://bus.example/houkoku)に盛り込む。
        昨年は居眠り運転とみられる事故が12件あり、3人が亡くなった。労働組合は以前から人手不足を訴えていた。
        # 事業者の反応
        中小の事業者は「費用が増えれば路線を続けられない」と話す。国は[補助金の増額](https://bus.example/hojo)を財務省に求める方針だが、金額は決まっていない。
        新しい基準は来年4月から適用される見通しだ。利用者からは、料金が上がっても安全を優先してほしいという声が多い。
        """,
    ),
    Story(
        "biblioteki",
        "Сельские библиотеки получат новые книги",
        ["Ольга Петрова"],
        "Северный вестник",
        "ru",
        "2025-09-30T08:20:00Z",
        """
        Сельские библиотеки области получат до конца года 46 тысяч новых книг. На это выделено 38 миллионов рублей, следует из [постановления](https://oblast.example/post), опубликованного во вторник.
        Последний раз фонды обновляли в 2016 году. С тех пор закрылась каждая пятая библиотека, а в оставшихся половина книг старше тридцати лет.
        # Кто выбирает книги
        Списки составляют сами библиотекари. «Мы просили об этом десять лет», говорит заведующая библиотекой в посёлке Заречье, где записан каждый третий житель.
        Депутаты хотят, чтобы часть денег пошла на ремонт крыш: по данным [проверки](https://oblast.example/check), протекает каждая четвёртая.
        """,
    ),
]
