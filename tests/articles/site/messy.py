"""Pages written out by hand after what sites really do, each with what a reader would keep."""

from tests.articles.site.stories import Story

_LOCAL = """<!DOCTYPE html><html lang="en"><head><title>Council approves harbour loan - Coastal Times</title></head><body>
<a href="#main" class="skip">Skip to content</a>
<header><div class="logo"><a href="/">Coastal Times</a></div><ul class="menu"><li><a href="/local">Local</a></li><li><a href="/sport">Sport</a></li></ul></header>
<div id="main"><div class="headline-block"><h1>Council approves harbour loan</h1><h2 class="deck">The vote was 31 to 14 after a night of debate</h2>
<div class="byline-block">By Jane Doe, Staff Writer | March 2, 2025, 4:15 p.m.</div></div>
<div class="story">
<p><b>RIVERSIDE —</b> The council approved a loan of 12 million dollars for the harbour on Sunday, <a href="https://minutes.example/2025-03-02">according to the minutes</a>.</p>
<p>“It was a long night,” said the mayor.</p>
<div class="pullquote"><p>“It was a long night”</p></div>
<p class="read-more"><a href="/x">Read more: Ten things about the harbour</a></p>
<blockquote class="twitter-tweet"><p>We did it! <a href="https://t.co/abc">https://t.co/abc</a></p>— Mayor (@mayor) <a href="https://twitter.com/mayor/status/1">March 2, 2025</a></blockquote>
<p>Opponents had asked for a referendum. The <a href="https://court.example/ruling"><em>court</em> of appeal</a> ruled last week that none was needed, since the loan is below the limit that the charter sets for a vote of the people.</p>
<h3>What happens next</h3>
<ol><li>The bank signs in April.<ul><li>The first half is paid at once.</li></ul></li><li>Work starts in May.</li></ol>
<p>Jane Doe covers city hall. Follow her on <a href="https://twitter.com/jd">Twitter</a>.</p>
</div>
<div class="comments"><h3>Comments</h3><div class="comment"><p>Waste of money. They should have asked us before they spent it on ships.</p></div></div>
</div><div class="sidebar"><h4>Popular</h4><ul><li><a href="/1">One</a></li><li><a href="/2">Two</a></li></ul></div>
<footer><p>© 2025 Coastal Times LLC</p></footer></body></html>
"""

_BRIDGES = """<!doctype html><html lang="es"><head><meta charset=utf-8><title>La ciudad cierra dos puentes</title>
<meta property="og:title" content="La ciudad cierra dos puentes | El Puente"><meta property="og:site_name" content="El Puente">
<script type="application/ld+json">[{"@context":"https://schema.org","@type":"BreadcrumbList","itemListElement":[]},{"@context":"https://schema.org","@type":"NewsArticle","headline":"La ciudad cierra dos puentes","datePublished":"2025-05-05T10:00:00-03:00","author":{"@type":"Person","name":"Por Lucía Gómez y Juan Pérez"},"publisher":{"@type":"Organization","name":"El Puente"},"isAccessibleForFree":"True"}]</script></head>
<body><div id="app"><main><section class="hero"><h1>La ciudad cierra dos puentes</h1><p class="bajada">El cierre durará seis meses y afectará a 40.000 conductores.</p></section>
<section class="body"><div class="par"><p>La ciudad cerró el lunes dos puentes sobre el río por trabajos de <a href="/temas/obras">mantenimiento</a>.</p></div>
<div class="ad"><script>ads()</script></div>
<div class="par"><p>El costo será de 3,5 millones de pesos, según <a href="https://muni.example/licitacion.pdf" target="_blank" rel="noopener">la licitación</a> publicada en marzo.</p></div>
<figure class="img"><img src="a.jpg"><figcaption><span>El puente norte, cerrado.</span> <span class="credit">Foto: Archivo</span></figcaption></figure>
<div class="par"><p>&laquo;No hab&iacute;a alternativa&raquo;, dijo el intendente. Las l&iacute;neas 12 y 14 cambian su recorrido.</p></div>
<div class="par"><h2>Qué líneas cambian</h2><p>La 12 pasará por la avenida Colón y la 14 por la costanera, con paradas cada 300 metros hasta la terminal.</p></div>
<div class="te-puede-interesar"><h4>Te puede interesar</h4><a href="/n1">Nota uno</a><a href="/n2">Nota dos</a></div>
</section></main></div><script src="app.js"></script></body></html>
"""

_LIVE = """<!doctype html><html lang="en"><head><title>Storm: as it happened | The Gazette</title>
<meta property="og:site_name" content="The Gazette"><meta property="og:title" content="Storm: as it happened">
<meta name="author" content="Tom Reed"><meta property="article:published_time" content="2025-10-04T07:00:00+01:00">
</head><body><nav><a href="/">Home</a><a href="/uk">UK</a></nav><main><h1>Storm: as it happened</h1>
<p class="summary">The storm closed 40 roads and left 9,000 homes without power before it moved out to sea.</p>
<div class="live"><article class="post" id="p2"><time datetime="2025-10-04T21:10:00Z">22:10</time>
<h2>Power is back in the north</h2><p>Engineers have restored power to 6,000 homes, <a href="https://grid.example/status">the operator says</a>.</p></article>
<article class="post" id="p1"><time datetime="2025-10-04T12:30:00Z">13:30</time>
<h2>Ferries are cancelled</h2><p>All ferries are cancelled until Monday. The harbour master asks people to stay away from the quay.</p></article></div>
</main><footer><p>Contact us | Terms</p></footer></body></html>"""

_AGENCY = """<html><head><title>Ministry: exports rose by 12 percent</title></head><body>
<div id="wrapper"><div id="top"><img src="logo.gif" alt="Agency"></div><table width="100%"><tr><td class="left">
<a href="/a">World</a><br><a href="/b">Economy</a><br><a href="/c">Weather</a></td><td>
<h2 class="title">Ministry: exports rose by 12 percent</h2><span class="date">14.03.2025 10:20</span>
<div class="text">PORT CITY, March 14 (Agency) - Exports rose by 12 percent in February, the ministry of trade said on Friday.<br /><br />
Copper made up a third of them, according to <a href="http://trade.example/feb.xls">the figures</a>.<br /><br />
The ministry expects the year to end with a surplus of 3 billion.</div>
<div class="tags">Tags: <a href="/t/exports">exports</a>, <a href="/t/copper">copper</a></div></td></tr></table>
<div id="bottom">All rights reserved. Agency is not responsible for the content of external sites.</div></div></body></html>"""

_BLOG = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Le port rouvre — Carnet de quai</title>
<meta name="dc.creator" content="Hélène Marchand"><meta name="dc.date" content="2025-01-09">
<link rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/deed.fr"></head><body>
<header><h1><a href="/">Carnet de quai</a></h1><p>Notes d’un port de pêche</p></header>
<article><h1>Le port rouvre</h1><p><small>Publié le 9 janvier 2025 par Hélène Marchand</small></p>
<p>Le port a rouvert jeudi après onze jours de fermeture. Les <a href="#note1">onze</a> bateaux sont sortis à l’aube.</p>
<p>La criée a vendu 14 tonnes de poisson, <a href="/2024/12/criee">deux fois moins</a> qu’en décembre.</p>
<dl><dt>Bar</dt><dd>12 euros le kilo</dd><dt>Sole</dt><dd>19 euros le kilo</dd></dl>
<p id="note1">La préfecture a confirmé que le chenal restera surveillé jusqu’à la fin du mois.</p></article>
<aside><h2>Archives</h2><ul><li><a href="/2024">2024</a></li><li><a href="/2023">2023</a></li></ul></aside></body></html>"""

MESSY: list[tuple[str, Story]] = [
    (
        _LOCAL,
        Story(
            "messy-local",
            "Council approves harbour loan",
            ["Jane Doe"],
            "Coastal Times",
            "en",
            "2025-03-02T00:00:00Z",
            """
            # The vote was 31 to 14 after a night of debate
            RIVERSIDE — The council approved a loan of 12 million dollars for the harbour on Sunday, [according to the minutes](https://minutes.example/2025-03-02).
            “It was a long night,” said the mayor.
            > We did it! [https://t.co/abc](https://t.co/abc)
            > — Mayor (@mayor) [March 2, 2025](https://twitter.com/mayor/status/1)
            Opponents had asked for a referendum. The [court of appeal](https://court.example/ruling) ruled last week that none was needed, since the loan is below the limit that the charter sets for a vote of the people.
            # What happens next
            - The bank signs in April.
            - The first half is paid at once.
            - Work starts in May.
            Jane Doe covers city hall. Follow her on [Twitter](https://twitter.com/jd).
            """,
        ),
    ),
    (
        _BRIDGES,
        Story(
            "messy-bridges",
            "La ciudad cierra dos puentes",
            ["Lucía Gómez", "Juan Pérez"],
            "El Puente",
            "es",
            "2025-05-05T13:00:00Z",
            """
            El cierre durará seis meses y afectará a 40.000 conductores.
            La ciudad cerró el lunes dos puentes sobre el río por trabajos de [mantenimiento](https://site.example/temas/obras).
            El costo será de 3,5 millones de pesos, según [la licitación](https://muni.example/licitacion.pdf) publicada en marzo.
            ! El puente norte, cerrado. Foto: Archivo
            «No había alternativa», dijo el intendente. Las líneas 12 y 14 cambian su recorrido.
            # Qué líneas cambian
            La 12 pasará por la avenida Colón y la 14 por la costanera, con paradas cada 300 metros hasta la terminal.
            """,
        ),
    ),
    (
        _LIVE,
        Story(
            "messy-live",
            "Storm: as it happened",
            ["Tom Reed"],
            "The Gazette",
            "en",
            "2025-10-04T06:00:00Z",
            """
            The storm closed 40 roads and left 9,000 homes without power before it moved out to sea.
            # Power is back in the north
            Engineers have restored power to 6,000 homes, [the operator says](https://grid.example/status).
            # Ferries are cancelled
            All ferries are cancelled until Monday. The harbour master asks people to stay away from the quay.
            """,
        ),
    ),
    (
        _AGENCY,
        Story(
            "messy-agency",
            "Ministry: exports rose by 12 percent",
            [],
            "",
            "en",
            "2025-03-14T00:00:00Z",
            """
            PORT CITY, March 14 (Agency) - Exports rose by 12 percent in February, the ministry of trade said on Friday.
            Copper made up a third of them, according to [the figures](http://trade.example/feb.xls).
            The ministry expects the year to end with a surplus of 3 billion.
            """,
        ),
    ),
    (
        _BLOG,
        Story(
            "messy-blog",
            "Le port rouvre",
            ["Hélène Marchand"],
            "Carnet de quai",
            "fr",
            "2025-01-09T00:00:00Z",
            """
            Le port a rouvert jeudi après onze jours de fermeture. Les onze bateaux sont sortis à l’aube.
            La criée a vendu 14 tonnes de poisson, [deux fois moins](https://site.example/2024/12/criee) qu’en décembre.
            Bar
            12 euros le kilo
            Sole
            19 euros le kilo
            La préfecture a confirmé que le chenal restera surveillé jusqu’à la fin du mois.
            """,
        ),
    ),
]
