"""More pages written out by hand, after the extractor was finished: it was not made for them.

What it made of them at the first reading is told in docs/extraction.md.
"""

from tests.articles.site.stories import Story

_NEWSLETTER = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>The quiet end of the night train</title>
<meta name="author" content="Rosa Lindqvist"><meta property="og:site_name" content="Sleeper Notes">
<meta property="og:title" content="The quiet end of the night train"><meta property="og:type" content="article">
<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle","headline":"The quiet end of the night train","datePublished":"2025-09-18T05:00:12+00:00","author":[{"@type":"Person","name":"Rosa Lindqvist","url":"https://sleeper.example/@rosa"}],"publisher":{"@type":"Organization","name":"Sleeper Notes"},"isAccessibleForFree":true}</script></head>
<body><div class="reader-nav-root"><button>Subscribe</button><button>Sign in</button></div>
<article class="newsletter-post post"><div class="post-header"><h1 class="post-title">The quiet end of the night train</h1><h3 class="subtitle">Nobody announced it. It just stopped being in the timetable.</h3>
<div class="meta"><a href="/@rosa">Rosa Lindqvist</a><div>Sep 18, 2025</div><button>12</button><button>Share</button></div></div>
<div class="available-content"><div class="body markup">
<p><span>On the last Sunday of August the train to the coast left at 22:14, as it had for 31 years. On Monday there was none.</span></p>
<div class="subscription-widget-wrap"><p>Sleeper Notes is a reader-supported publication. To receive new posts, become a subscriber.</p><form><input type="email"><input type="submit" value="Subscribe"></form></div>
<p><span>The operator told me that </span><em>demand had shifted to the day</em><span>. Its own </span><a href="https://rail.example/figures-2024" rel=""><span>figures for 2024</span></a><span> say that the night train was 83 per cent full.</span><a class="footnote-anchor" id="footnote-anchor-1" href="#footnote-1">1</a></p>
<div class="captioned-image-container"><figure><a href="https://cdn.example/x.jpg"><img src="x.jpg"></a><figcaption class="image-caption">The platform at 22:10, the day after.</figcaption></figure></div>
<h4>Who decided it?</h4>
<p><span>The ministry says it was the operator; the operator says it was the ministry.</span></p>
<div><hr></div>
<div class="footnote"><a id="footnote-1" href="#footnote-anchor-1" class="footnote-number">1</a><div class="footnote-content"><p>Counted on Fridays and Sundays in July.</p></div></div>
<p class="button-wrapper"><a class="button primary" href="/subscribe"><span>Subscribe now</span></a></p>
</div></div></article>
<div class="post-footer"><h4>Discussion about this post</h4><div class="comment">Sad news. I took it every summer with my children.</div></div>
<footer>© 2025 Rosa Lindqvist · Privacy ∙ Terms ∙ Collection notice</footer></body></html>"""

_JAPANESE = """<!DOCTYPE html><html lang="ja"><head><meta charset="UTF-8"><title>市立図書館、深夜まで開館へ 来月から:北浜新聞デジタル</title>
<meta property="og:title" content="市立図書館、深夜まで開館へ 来月から:北浜新聞デジタル"><meta property="og:site_name" content="北浜新聞デジタル">
<meta name="pubdate" content="2025-06-11T18:30:00+09:00"></head><body>
<div id="Header"><a href="/">北浜新聞デジタル</a><ul><li><a href="/national/">社会</a></li><li><a href="/politics/">政治</a></li></ul></div>
<div id="MainInner"><p class="breadcrumb"><a href="/">トップ</a> &gt; <a href="/national/">社会</a> &gt; 記事</p>
<div class="Title"><h1>市立図書館、深夜まで開館へ 来月から</h1><p class="LastUpdated">2025年6月11日 18時30分</p><p class="Writer">佐伯真帆</p></div>
<div class="ArticleBody">
<div class="ArticleText"><p>　北浜市は11日、市立中央図書館の開館時間を7月から午前0時まで延ばすと発表した。平日のみで、1年間の試行とする。</p><p>　市によると、夜間の利用者は<a href="https://city.example/library/report.pdf">昨年度の調査</a>で1日あたり平均214人。5年前の2倍近い。</p>
<div class="Image"><img src="/p.jpg" alt="図書館"><p class="Caption">夜の市立中央図書館=北浜市、佐伯真帆撮影</p></div>
<p>　市長は会見で「夜にしか来られない人のための図書館でもある」と話した。<br>　費用は年間約1800万円。職員の増員はせず、警備会社に委託する。</p></div>
<div class="Paywall-none"></div><div class="MagazineBnr"><a href="/lp/">有料会員になると会員限定の記事もお読みいただけます。</a></div>
</div><div class="SnsShare"><ul><li>シェア</li><li>ツイート</li><li>印刷</li></ul></div></div>
<div id="Side"><h2>アクセスランキング</h2><ol><li><a href="/1">1 駅前の銭湯、閉店</a></li><li><a href="/2">2 ダム貯水率3割</a></li></ol></div>
<div id="Footer">北浜新聞デジタルに掲載の記事・写真の無断転載を禁じます。</div></body></html>"""

_GERMAN = """<!DOCTYPE html><html lang="de-DE"><head><meta charset="utf-8"><title>Strom aus dem Klärwerk: Eine Stadt rechnet nach | Rheinblick</title>
<meta property="og:site_name" content="Rheinblick"><meta name="date" content="2025-02-20T06:15:00+01:00"><meta property="article:author" content="https://www.facebook.com/rheinblick">
<link rel="canonical" href="https://rheinblick.example/wirtschaft/strom-aus-dem-klaerwerk-1.4821"></head><body>
<nav id="hauptnavigation"><ul><li><a href="/politik">Politik</a></li><li><a href="/wirtschaft">Wirtschaft</a></li></ul></nav>
<main><article><header><span class="article-kicker">Energie</span><h1><span class="kicker">Strom aus dem Klärwerk:</span> <span class="headline">Eine Stadt rechnet nach</span></h1>
<p class="article-intro">Seit zwei Jahren verkauft Neuwied am Wasser Strom aus Klärgas. Jetzt liegen die Zahlen vor.</p>
<div class="article-meta">Von <a href="/autoren/brandt">Jonas Brandt</a> und <a href="/autoren/yilmaz">Elif Yılmaz</a> · 20. Februar 2025, 6:15 Uhr · Lesezeit: 3 Min.</div></header>
<div class="article-body"><p>Das Klärwerk am Hafen hat im vergangenen Jahr 4,1 Millionen Kilowattstunden erzeugt, heißt es in der <a href="https://stadtwerke.example/bilanz-2024">Bilanz der Stadtwerke</a>.</p>
<div class="ad-container" data-ad="mid1"><span>Anzeige</span></div>
<p>Das sind 12 Prozent mehr als 2023 – und doch weniger, als der Rat beschlossen hatte.</p>
<aside class="infobox"><h3>Was ist Klärgas?</h3><p>Klärgas entsteht, wenn Schlamm fault. Es besteht zu zwei Dritteln aus Methan.</p></aside>
<p>„Wir haben mit einem trockenen Sommer nicht gerechnet“, sagte die Werkleiterin.</p>
<h2>Wohin der Strom geht</h2>
<p>Zwei Drittel verbraucht das Werk selbst. Den Rest kauft der <a href="/thema/nahverkehr">Nahverkehr</a>.</p>
<div class="newsletter-teaser"><h3>Der Morgenüberblick</h3><p>Jeden Morgen das Wichtigste per Mail. Jetzt anmelden!</p></div>
<p class="article-author-hint">(Transparenzhinweis: Der Verlag bezieht Strom von den Stadtwerken.)</p></div></article></main>
<section class="mehr-zum-thema"><h2>Mehr zum Thema</h2><a href="/a">Gaspreise fallen</a> <a href="/b">Kläranlage wird saniert</a></section>
<footer>Impressum Datenschutz AGB</footer></body></html>"""

_GRAPH = """<!doctype html><html><head><meta charset="utf-8"><title>Drought map redrawn after court order - Plains Monitor</title>
<script type="application/ld+json" class="yoast-schema-graph">{"@context":"https://schema.org","@graph":[{"@type":"NewsArticle","@id":"https://plains.example/drought-map/#article","isPartOf":{"@id":"https://plains.example/drought-map/"},"author":[{"@id":"https://plains.example/#/schema/person/1"},{"@id":"https://plains.example/#/schema/person/2"}],"headline":"Drought map redrawn after court order","datePublished":"2025-07-30T14:05:41+00:00","dateModified":"2025-07-31T08:00:00+00:00","publisher":{"@id":"https://plains.example/#organization"},"inLanguage":"en-US"},{"@type":"WebPage","@id":"https://plains.example/drought-map/","url":"https://plains.example/drought-map/","name":"Drought map redrawn after court order - Plains Monitor"},{"@type":"Organization","@id":"https://plains.example/#organization","name":"Plains Monitor"},{"@type":"Person","@id":"https://plains.example/#/schema/person/1","name":"Dale Okafor"},{"@type":"Person","@id":"https://plains.example/#/schema/person/2","name":"Mina Petrov"}]}</script></head>
<body class="single"><a class="skip-link" href="#content">Skip to content</a><header><a href="/">Plains Monitor</a></header>
<main id="content"><div class="wp-block-group"><h1 class="wp-block-post-title">Drought map redrawn after court order</h1>
<div class="wp-block-post-date"><time datetime="2025-07-30T14:05:41+00:00">July 30, 2025</time></div>
<div class="entry-content wp-block-post-content">
<p class="has-drop-cap">A judge on Wednesday ordered the state to redraw its drought map, which left out four counties on the western plain.</p>
<p>The map decides who may ask for emergency water. In <a href="https://court.example/2025-118.pdf" target="_blank" rel="noreferrer noopener">a 41-page ruling</a> the judge called the method &#8220;arbitrary at best&#8221;.</p>
<figure class="wp-block-image"><img src="m.png" alt=""/><figcaption class="wp-element-caption">The old map and the new one. Source: state water office.</figcaption></figure>
<figure class="wp-block-table"><table><thead><tr><th>County</th><th>Rain in June</th></tr></thead><tbody><tr><td>Harlan</td><td>4 mm</td></tr><tr><td>Dundy</td><td>7 mm</td></tr></tbody></table></figure>
<blockquote class="wp-block-quote"><p>We hauled water for eleven weeks while the map said that we were fine.</p><cite>A rancher in Dundy County</cite></blockquote>
<p>The state has 30 days to appeal.</p>
<div class="wp-block-jetpack-related"><h3>Related</h3><a href="/r1">Wells run dry</a></div></div></div></main>
<footer>Proudly independent since 1998. <a href="/donate">Donate</a></footer></body></html>"""

_CHINESE = """<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><title>老城区菜市场改造完成 摊贩下周回迁_江城晚报网</title>
<meta name="keywords" content="菜市场,改造"><meta name="description" content="老城区菜市场改造完成"></head><body>
<div class="top"><a href="/">首页</a> | <a href="/news">新闻</a> | <a href="/video">视频</a></div>
<div class="crumb">您当前的位置:<a href="/">首页</a> &gt; <a href="/news">本地新闻</a> &gt; 正文</div>
<div class="content_box"><h1>老城区菜市场改造完成 摊贩下周回迁</h1>
<div class="info"><span>2025-04-16 09:12</span> <span>来源:江城晚报</span> <span>记者:林晓</span> <span>字号:<a href="#">大</a> <a href="#">中</a> <a href="#">小</a></span></div>
<div id="zoom" class="article"><p>　　历时十四个月的老城区菜市场改造工程昨日完工,三百二十户摊贩将于下周一起陆续回迁。</p>
<p>　　记者在现场看到,新市场增设了排水系统和两部货梯。据<a href="http://gov.example/tzgg/0416.html">市商务局通告</a>,摊位租金三年内不上调。</p>
<p align="center"><img src="1.jpg" /></p><p align="center">改造后的菜市场。林晓 摄</p>
<p>　　"以前一下雨就淹,现在好多了。"卖菜二十年的摊主说。</p>
<p style="text-align:right">(责任编辑:王敏)</p></div>
<div class="share">分享到:微信 微博</div></div>
<div class="hot"><h3>热点推荐</h3><ul><li><a href="/a">地铁五号线试运行</a></li><li><a href="/b">高考报名开始</a></li></ul></div>
<div class="foot">江城晚报网版权所有 未经授权不得转载</div></body></html>"""

_INTERVIEW = """<!DOCTYPE html><html lang="pt-BR"><head><meta charset="utf-8"><title>“O rio não esquece”, diz hidróloga - Folha do Vale</title>
<meta property="og:title" content="“O rio não esquece”, diz hidróloga"><meta property="og:site_name" content="Folha do Vale"><meta property="article:published_time" content="2025-03-27T09:40:00-03:00"></head>
<body><header class="topo"><a href="/">Folha do Vale</a><button>Menu</button></header>
<article itemscope itemtype="http://schema.org/NewsArticle"><h1 itemprop="headline">“O rio não esquece”, diz hidróloga</h1>
<h2 itemprop="alternativeHeadline">Pesquisadora explica por que as enchentes voltaram ao vale</h2>
<p class="assinatura" itemprop="author" itemscope itemtype="http://schema.org/Person">Por <span itemprop="name">Caio Teixeira</span>, de Vale Verde</p><p class="data"><time itemprop="datePublished" datetime="2025-03-27T09:40:00-03:00">27/03/2025 09h40</time></p>
<div itemprop="articleBody"><p>Em três anos o vale teve quatro enchentes. A hidróloga que estuda o rio desde 1998 recebeu a reportagem na margem.</p>
<p><strong>O que mudou no rio?</strong></p><p>O rio é o mesmo. Mudou o que fizemos em volta dele: 38% da várzea foi ocupada, segundo o <a href="https://instituto.example/varzea">mapa do instituto</a>.</p>
<div class="publicidade">PUBLICIDADE</div>
<p><strong>A barragem ajudou?</strong></p><p>Ajudou nas cheias pequenas. Nas grandes, não.</p>
<p>Leia também: <a href="/outra">Prefeitura promete novo dique</a></p>
<p><em>*A entrevista foi editada por clareza.</em></p></div></article>
<div class="comentarios"><h3>Comentários</h3><p>Seja o primeiro a comentar</p></div></body></html>"""

_ARABIC = """<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>المزارعون يعودون إلى القمح القديم | صحيفة الضفة</title>
<meta property="og:site_name" content="صحيفة الضفة"><meta property="og:title" content="المزارعون يعودون إلى القمح القديم"><meta property="article:published_time" content="2025-05-12T07:00:00Z"></head>
<body><header><nav><a href="/">الرئيسية</a><a href="/eco">اقتصاد</a></nav></header><div class="page"><section class="article">
<h1>المزارعون يعودون إلى القمح القديم</h1><div class="author"><a href="/author/7">سلمى الخطيب</a></div><div class="date">12 مايو 2025</div>
<div class="content"><p>عاد مزارعون في التلال الشرقية إلى زراعة أصناف من القمح كان أجدادهم يزرعونها، بعد ثلاثة مواسم من الجفاف.</p>
<p>وتقول <a href="https://agri.example/report">وزارة الزراعة</a> إن المساحة المزروعة بها بلغت 1200 هكتار هذا العام.</p>
<blockquote>القمح القديم لا يعطي كثيرا، لكنه يعطي كل عام.</blockquote>
<ul class="related"><li><a href="/x">اقرأ أيضا: أسعار الخبز ترتفع</a></li></ul>
<p>ويرى باحثون أن الأصناف القديمة أقل حاجة إلى الماء بنحو الثلث.</p></div>
<div class="tags"><a href="/t/1">قمح</a><a href="/t/2">جفاف</a></div></section></div><footer>جميع الحقوق محفوظة</footer></body></html>"""

_GALLERY = """<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Correction: bus fares story - The Moor</title>
<meta name="parsely-title" content="Bus fares to rise by a tenth"><meta name="parsely-author" content="Priya Nair"><meta name="parsely-pub-date" content="2025-11-03T17:20:00Z">
<meta property="og:title" content="Bus fares to rise by a tenth"><meta property="og:site_name" content="The Moor"></head>
<body><div class="banner">We use cookies to improve your experience. <button>Accept all</button></div>
<div class="grid"><div class="col-8"><h1>Bus fares to rise by a tenth</h1><address rel="author">Priya Nair<br>Transport reporter</address><time datetime="2025-11-03T17:20:00Z">Mon 3 Nov 2025 17.20 GMT</time>
<div class="lede">A single ticket will cost £2.75 from January.</div>
<div class="paras"><div>The council&#39;s transport board voted 9 to 4 on Monday to raise fares by ten per cent.</div><div>It is the first rise since 2019. <a href="https://council.example/papers/tb-44">Papers published last week</a> say that fuel costs are up by a third.</div>
<div class="embed"><iframe src="https://video.example/1"></iframe></div>
<div>Passengers under 19 will still ride free.</div>
<div class="correction"><em>This article was amended on 4 November 2025. An earlier version said that the vote was 10 to 3.</em></div></div>
<div class="most-read"><h2>Most viewed</h2><ol><li><a href="/1">Snow closes the pass</a></li><li><a href="/2">Theatre saved</a></li></ol></div></div></div></body></html>"""

FRESH: list[tuple[str, Story]] = [
    (
        _NEWSLETTER,
        Story(
            "fresh-newsletter",
            "The quiet end of the night train",
            ["Rosa Lindqvist"],
            "Sleeper Notes",
            "en",
            "2025-09-18T05:00:12Z",
            """
            # Nobody announced it. It just stopped being in the timetable.
            On the last Sunday of August the train to the coast left at 22:14, as it had for 31 years. On Monday there was none.
            The operator told me that demand had shifted to the day. Its own [figures for 2024](https://rail.example/figures-2024) say that the night train was 83 per cent full.1
            ! The platform at 22:10, the day after.
            # Who decided it?
            The ministry says it was the operator; the operator says it was the ministry.
            Counted on Fridays and Sundays in July.
            """,
        ),
    ),
    (
        _JAPANESE,
        Story(
            "fresh-japanese",
            "市立図書館、深夜まで開館へ 来月から",
            ["佐伯真帆"],
            "北浜新聞デジタル",
            "ja",
            "2025-06-11T09:30:00Z",
            """
            北浜市は11日、市立中央図書館の開館時間を7月から午前0時まで延ばすと発表した。平日のみで、1年間の試行とする。
            市によると、夜間の利用者は[昨年度の調査](https://city.example/library/report.pdf)で1日あたり平均214人。5年前の2倍近い。
            ! 夜の市立中央図書館=北浜市、佐伯真帆撮影
            市長は会見で「夜にしか来られない人のための図書館でもある」と話した。
            費用は年間約1800万円。職員の増員はせず、警備会社に委託する。
            """,
        ),
    ),
    (
        _GERMAN,
        Story(
            "fresh-german",
            "Strom aus dem Klärwerk: Eine Stadt rechnet nach",
            ["Jonas Brandt", "Elif Yılmaz"],
            "Rheinblick",
            "de-DE",
            "2025-02-20T05:15:00Z",
            """
            Seit zwei Jahren verkauft Neuwied am Wasser Strom aus Klärgas. Jetzt liegen die Zahlen vor.
            Das Klärwerk am Hafen hat im vergangenen Jahr 4,1 Millionen Kilowattstunden erzeugt, heißt es in der [Bilanz der Stadtwerke](https://stadtwerke.example/bilanz-2024).
            Das sind 12 Prozent mehr als 2023 – und doch weniger, als der Rat beschlossen hatte.
            # Was ist Klärgas?
            Klärgas entsteht, wenn Schlamm fault. Es besteht zu zwei Dritteln aus Methan.
            „Wir haben mit einem trockenen Sommer nicht gerechnet“, sagte die Werkleiterin.
            # Wohin der Strom geht
            Zwei Drittel verbraucht das Werk selbst. Den Rest kauft der [Nahverkehr](https://site.example/thema/nahverkehr).
            (Transparenzhinweis: Der Verlag bezieht Strom von den Stadtwerken.)
            """,
        ),
    ),
    (
        _GRAPH,
        Story(
            "fresh-graph",
            "Drought map redrawn after court order",
            ["Dale Okafor", "Mina Petrov"],
            "Plains Monitor",
            "en-US",
            "2025-07-30T14:05:41Z",
            """
            A judge on Wednesday ordered the state to redraw its drought map, which left out four counties on the western plain.
            The map decides who may ask for emergency water. In [a 41-page ruling](https://court.example/2025-118.pdf) the judge called the method “arbitrary at best”.
            ! The old map and the new one. Source: state water office.
            County | Rain in June
            Harlan | 4 mm
            Dundy | 7 mm
            > We hauled water for eleven weeks while the map said that we were fine.
            > A rancher in Dundy County
            The state has 30 days to appeal.
            """,
        ),
    ),
    (
        _CHINESE,
        Story(
            "fresh-chinese",
            "老城区菜市场改造完成 摊贩下周回迁",
            ["林晓"],
            "江城晚报",
            "zh",
            "2025-04-16T00:00:00Z",
            """
            历时十四个月的老城区菜市场改造工程昨日完工,三百二十户摊贩将于下周一起陆续回迁。
            记者在现场看到,新市场增设了排水系统和两部货梯。据[市商务局通告](http://gov.example/tzgg/0416.html),摊位租金三年内不上调。
            ! 改造后的菜市场。林晓 摄
            "以前一下雨就淹,现在好多了。"卖菜二十年的摊主说。
            (责任编辑:王敏)
            """,
        ),
    ),
    (
        _INTERVIEW,
        Story(
            "fresh-interview",
            "“O rio não esquece”, diz hidróloga",
            ["Caio Teixeira"],
            "Folha do Vale",
            "pt-BR",
            "2025-03-27T12:40:00Z",
            """
            # Pesquisadora explica por que as enchentes voltaram ao vale
            Em três anos o vale teve quatro enchentes. A hidróloga que estuda o rio desde 1998 recebeu a reportagem na margem.
            O que mudou no rio?
            O rio é o mesmo. Mudou o que fizemos em volta dele: 38% da várzea foi ocupada, segundo o [mapa do instituto](https://instituto.example/varzea).
            A barragem ajudou?
            Ajudou nas cheias pequenas. Nas grandes, não.
            *A entrevista foi editada por clareza.
            """,
        ),
    ),
    (
        _ARABIC,
        Story(
            "fresh-arabic",
            "المزارعون يعودون إلى القمح القديم",
            ["سلمى الخطيب"],
            "صحيفة الضفة",
            "ar",
            "2025-05-12T07:00:00Z",
            """
            عاد مزارعون في التلال الشرقية إلى زراعة أصناف من القمح كان أجدادهم يزرعونها، بعد ثلاثة مواسم من الجفاف.
            وتقول [وزارة الزراعة](https://agri.example/report) إن المساحة المزروعة بها بلغت 1200 هكتار هذا العام.
            > القمح القديم لا يعطي كثيرا، لكنه يعطي كل عام.
            ويرى باحثون أن الأصناف القديمة أقل حاجة إلى الماء بنحو الثلث.
            """,
        ),
    ),
    (
        _GALLERY,
        Story(
            "fresh-amended",
            "Bus fares to rise by a tenth",
            ["Priya Nair"],
            "The Moor",
            "en-GB",
            "2025-11-03T17:20:00Z",
            """
            A single ticket will cost £2.75 from January.
            The council's transport board voted 9 to 4 on Monday to raise fares by ten per cent.
            It is the first rise since 2019. [Papers published last week](https://council.example/papers/tb-44) say that fuel costs are up by a third.
            Passengers under 19 will still ride free.
            This article was amended on 4 November 2025. An earlier version said that the vote was 10 to 3.
            """,
        ),
    ),
]
