"""Everything around the editors' text on a Drupal page. All dates and places in it belong to unrelated events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Container = Literal["article", "reclassed", "section"]

MARKERS = ("Brussels", "Toulouse", "Ghent", "Utrecht", "Odense", "Szeged", "Tartu", "Linz", "Plovdiv", "Granada")
"""Places that occur only in the boilerplate. The parser must not report any of them."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Values that the site generates for every response."""

    form_build_id: str = "form-8Zq1vT0a2b7c"
    nonce: str = "4f1c2d9e"
    node: int = 206740
    library: str = "s8x2k1"


def add_boilerplate(
    inner: str, container: Container = "article", tokens: Tokens = Tokens(), *, debug: bool = True
) -> str:
    """The complete document around `inner`, with theme-debug comments if `debug` is set."""
    document = "\n".join(
        [_HEAD, _TOP, _TEASERS_ABOVE, _OPENING[container], inner, _CLOSING[container], _RELATED, _ASIDE, _FOOT]
    )
    for name, value in (("BUILD", tokens.form_build_id), ("NONCE", tokens.nonce), ("LIBRARY", tokens.library)):
        document = document.replace(f"@{name}@", value)
    document = document.replace("@NODE@", str(tokens.node))
    return document if debug else _without_debug(document)


def _without_debug(document: str) -> str:
    return "\n".join(line for line in document.splitlines() if not line.startswith("<!-- THEME"))


_HEAD = """<!DOCTYPE html>
<!-- THEME DEBUG -->
<!-- THEME HOOK: 'html' -->
<!-- FILE NAME SUGGESTIONS:
   * html--events--organised-by-eccp--clusters-meet-regions.html.twig
   x html.html.twig -->
<!-- 💡 BEGIN CUSTOM TEMPLATE OUTPUT from 'themes/custom/eccp/templates/layout/html.html.twig' -->
<html lang="en" dir="ltr" prefix="og: https://ogp.me/ns#">
<head>
  <meta charset="utf-8" />
  <link rel="canonical" href="https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions" />
  <meta property="og:description" content="Next editions: Ghent, Belgium – 4-5 March 2024" />
  <meta name="viewport" content="width=device-width, initial-scale=1.0" />
  <title>Clusters meet Regions | European Cluster Collaboration Platform</title>
  <link rel="stylesheet" media="all" href="/sites/default/files/css/css_@LIBRARY@.css" />
  <style>.field--name-body::before { content: "Ghent, Belgium – 4-5 March 2024"; }</style>
  <script type="application/ld+json" nonce="@NONCE@">
  {"@context": "https://schema.org", "@type": "Event", "name": "Clusters meet Regions – Ghent, Belgium",
   "startDate": "2024-03-04", "description": "<p>Ghent, Belgium – 4-5 March 2024</p>"}
  </script>
  <script nonce="@NONCE@">window.next = "<h2>Next editions</h2><p>Ghent, Belgium - 4-5 March 2024</p>";</script>
</head>"""

_TOP = """<body class="path-node page-node-type-page">
<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=@LIBRARY@" height="0"></iframe></noscript>
<!-- THEME HOOK: 'off_canvas_page_wrapper' -->
<a href="#main-content" class="visually-hidden focusable skip-link">Skip to main content</a>
<div id="sliding-popup" role="alertdialog" class="eu-cookie-compliance-banner">
  <p>We use cookies on this site to enhance your experience. The consent is valid until 31 December 2024.</p>
  <button type="button" class="agree-button">Accept all cookies</button>
</div>
<header role="banner">
  <form action="/search" method="get" id="views-exposed-form-search" accept-charset="UTF-8">
    <input type="search" name="keys" placeholder="Search: Utrecht, Netherlands – 3-4 June 2024" />
    <input type="hidden" name="form_build_id" value="@BUILD@" />
    <select name="country"><option>Utrecht, Netherlands – 3-4 June 2024</option><option>Poland</option></select>
  </form>
  <nav role="navigation" aria-labelledby="block-main-menu" id="block-main-navigation">
    <h2 class="visually-hidden" id="block-main-menu">Main navigation</h2>
    <ul class="menu">
      <li><a href="/events">Events</a>
        <ul>
          <li><a href="/events/organised-by-eccp/clusters-meet-regions">Upcoming editions</a></li>
          <li><a href="/content/clusters-meet-regions-utrecht-netherlands">Utrecht, Netherlands – 3-4 June 2024</a></li>
        </ul>
      </li>
      <li><a href="/open-calls">Open calls: apply now to host an event in 2027</a></li>
    </ul>
  </nav>
</header>
<nav role="navigation" class="breadcrumb" aria-labelledby="system-breadcrumb">
  <ol><li><a href="/">Home</a></li><li><a href="/events">Events</a></li><li>Clusters meet Regions</li></ol>
</nav>
<template id="event-card"><article class="node"><h3>Odense, Denmark – 9-10 May 2024</h3></article></template>
<main role="main" id="main-content">"""

_TEASERS_ABOVE = """<!-- THEME HOOK: 'views_view' -->
<div class="views-element-container block block-views" id="block-featured">
  <article data-history-node-id="208011" class="node node--type-event node--view-mode-teaser">
    <h3><a href="/events/european-cluster-conference-2024"><span class="field field--name-title">European Cluster
    Conference – Brussels, Belgium – 7-8 May 2024</span></a></h3>
  </article>
</div>"""

_FIELD_COMMENT = """<!-- THEME HOOK: 'field' -->
<!-- FILE NAME SUGGESTIONS:
   * field--node--body--page.html.twig
   x field--node--body.html.twig
   * field--text-with-summary.html.twig -->
<!-- 💡 BEGIN CUSTOM TEMPLATE OUTPUT from 'themes/custom/eccp/templates/field/field--node--body.html.twig' -->
<!-- <h2>Next editions</h2> <p>Szeged, Hungary – 11-12 April 2024</p> -->"""

_OPENING: dict[Container, str] = {
    "article": f"""<article data-history-node-id="@NODE@" class="node node--type-page node--view-mode-full">
<h1><span class="field field--name-title">Clusters meet Regions</span></h1>
<div class="node__content">
{_FIELD_COMMENT}
<div class="clearfix text-formatted field field--name-body field--type-text-with-summary field__item">""",
    "reclassed": f"""<article about="/node/@NODE@" role="article" class="o-page o-page--full">
<header><h1 class="o-title">Clusters meet Regions</h1>
<footer class="node__meta">Submitted by <span typeof="schema:Person">ECCP</span>
<span class="date">on 05 April 2023</span></footer></header>
{_FIELD_COMMENT}
<div class="o-page__text">""",
    "section": f"""<section id="block-content" class="block">
<h1><span class="field field--name-title">Clusters meet Regions</span></h1>
{_FIELD_COMMENT}
<div class="rich-text"><div class="rich-text__inner">""",
}

_NODE_LINKS = """<!-- END CUSTOM TEMPLATE OUTPUT from 'themes/custom/templates/field/field--node--body.html.twig' -->
<script type="text/plain">Szeged, Hungary – 11-12 April 2024</script>
<form class="webform" action="/node/@NODE@" method="post">
  <input type="hidden" name="form_build_id" value="@BUILD@" /><input type="hidden" name="form_token" value="@NONCE@" />
  <label>Which event did you like? <select><option>Szeged, Hungary – 11-12 April 2024</option></select></label>
</form>"""

_CLOSING: dict[Container, str] = {
    "article": f"</div>\n{_NODE_LINKS}\n</div>\n</article>",
    "reclassed": f"</div>\n{_NODE_LINKS}\n</article>",
    "section": f"</div></div>\n{_NODE_LINKS}\n</section>",
}

_RELATED = """<section class="block block-views" id="block-related-events">
  <h2>Upcoming events</h2>
  <div class="view-content">
    <article class="node node--type-event node--view-mode-teaser"><h3><a href="/events/matchmaking">Clusters meet
    Industry – Toulouse, France – 12-13 June 2024</a></h3><p>Toulouse, France – 12-13 June 2024</p></article>
    <article class="node node--type-event node--view-mode-teaser"><h3><a href="/events/c2lab">C2Lab</a></h3>
    <p>Tartu, Estonia – 2 July 2024</p><p>Apply to the call for hosts of events in 2026 now!</p></article>
  </div>
</section>
</main>"""

_ASIDE = """<aside class="layout-sidebar-second" role="complementary">
  <h2>Past events</h2>
  <ul><li><a href="/events/linz">Linz, Austria – 5-6 October 2022</a></li><li>Tartu, Estonia - 1 July 2023</li></ul>
</aside>"""

_FOOT = """<footer role="contentinfo">
  <h2>Next events</h2>
  <p>Plovdiv, Bulgaria – 20-21 May 2024</p>
  <p>The new call for hosts will open soon. Stay tuned: deadline 30 June 2026 at 18:00 CET.</p>
  <p>© European Union 2024 – Granada, Spain – 1-2 June 2024</p>
</footer>
<script nonce="@NONCE@" src="/sites/default/files/js/js_@LIBRARY@.js"></script>
<script type="application/json" data-drupal-selector="drupal-settings-json">{"path": {"currentPath": "node/@NODE@"},
"markup": "<p>Granada, Spain – 1-2 June 2024</p>"}</script>
</body>
</html>
<!-- END CUSTOM TEMPLATE OUTPUT from 'themes/custom/eccp/templates/layout/html.html.twig' -->"""
