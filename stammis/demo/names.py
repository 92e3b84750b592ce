"""The words of the demo shop: names of people, places and products, small talk. Data only.

Mail domains are reserved ones. Numbers are those reserved for fiction (Sweden 070-174 06 05..98, Britain
07700 900000..900998); where these are too few or a country has none, numbers no operator has been given:
Sweden 078, Norway 49, Denmark 83, Finland 049 1, Britain 07700 8.
"""

from typing import NamedTuple

DOMAINS = ("example.com", "example.org", "example.net", "post.example", "mail.example", "epost.example")
SHOP_NUMBER = "+46701740699"  # the last Swedish fiction number is the shop's own


class Country(NamedTuple):
    """One market. Amounts in hundredths of `currency`; `rate` of one US dollar; tax per mille."""

    code: str
    share: float
    currency: str
    rate: float
    price_step: int  # prices are rounded to this ...
    price_tail: int  # ... less this, as a shelf label would be
    tax: int
    free_from: int
    freight: int
    transit_days: int
    zone: str
    dial: str
    fiction_from: int
    fiction_count: int
    spare_from: int


COUNTRIES = (
    Country(
        "SE", 0.55, "SEK", 14.0, 1000, 100, 250, 49900, 5900, 2, "Europe/Stockholm", "46", 701740605, 94, 780000000
    ),
    Country("NO", 0.12, "NOK", 14.5, 1000, 100, 250, 54900, 7900, 3, "Europe/Oslo", "47", 0, 0, 49000000),
    Country("DK", 0.12, "DKK", 9.5, 500, 5, 250, 39900, 4900, 2, "Europe/Copenhagen", "45", 0, 0, 83000000),
    Country("FI", 0.11, "EUR", 1.3, 50, 5, 255, 4900, 690, 3, "Europe/Helsinki", "358", 0, 0, 491000000),
    Country("GB", 0.10, "GBP", 1.1, 50, 5, 200, 4500, 495, 2, "Europe/London", "44", 7700900000, 999, 7700800000),
)

FIRST_NAMES = {
    "SE": (
        "Anna Åsa Märta Elin Ida Maja Karin Kerstin Lovisa Ebba Frida Hanna Linnéa Sara Sofia Ulla Ylva "
        "Åsa-Lena Astrid Gun Björn Göran Lars Erik Åke Sören Håkan Jörgen Mats Nils Olof Per Oskar Viktor "
        "Gustav Hugo Jonas Anders Kjell Torbjörn Mårten Östen"
    ),
    "NO": (
        "Ingrid Åse Solveig Kari Marit Silje Tuva Hedda Nora Astrid Ragnhild Bjørg Gro Randi Eline Guro "
        "Jorunn Kjersti Bjørn Øystein Håkon Åge Ole Kåre Lars Magnus Sindre Sverre Tor Trygve Vegard Eirik "
        "Jørgen Morten Pål Rune Stian Øyvind"
    ),
    "DK": (
        "Mette Sørine Kirsten Pia Lærke Freja Ida Karen Bodil Birgitte Dorthe Gitte Hanne Inger Jytte Lone "
        "Maja Signe Åse Søren Jørgen Bjarne Niels Mads Rasmus Kåre Asger Emil Frederik Henrik Jeppe Lars "
        "Mikkel Ole Peder Svend Troels Ægir"
    ),
    "FI": (
        "Aino Päivi Anneli Eeva Helmi Hilkka Iida Kaisa Leena Maija Marjatta Mervi Minna Outi Pirkko "
        "Riikka Saara Tuula Venla Säde Antti Eero Heikki Ilkka Jari Janne Jukka Juhani Kalle Matti Mikko "
        "Olli Pekka Petri Risto Seppo Tapio Väinö Yrjö"
    ),
    "GB": (
        "Alice Amelia Beatrice Charlotte Daisy Eleanor Florence Grace Harriet Imogen Jessica Lucy Martha "
        "Olivia Phoebe Rosie Sophie Zoë Chloë Alfie Arthur Benjamin Callum Daniel Edward Finlay George "
        "Harry Isaac Jack Leo Noah Oliver Ralph Samuel Theo Toby William"
    ),
}
LAST_NAMES = {
    "SE": (
        "Lindqvist Åberg Sjöström Björklund Öberg Holmgren Nyström Hägg Dahlin Ekström Fjällgren Grönlund "
        "Hjort Järvstad Källström Lövgren Månsson Norén Palmqvist Rönn Sandberg Söderblom Törnqvist "
        "Ulvsson Vikström Wångby Ågren Ängström Östlund Bergfors Carlsdotter Engström Forsgren Gyllensvärd "
        "Hedvall Isaksson"
    ),
    "NO": (
        "Hansen Bakke Bjørnstad Dahle Eide Fjeldstad Grønli Haugen Iversen Johnsrud Kårstad Lien Moen "
        "Nygård Ødegård Pedersen Rønning Sætre Solbakken Tangen Ulriksen Vågen Ås Berge Engen Foss Gjerde "
        "Hovland Lunde Myhre Røed Skår Strand Tveit Vik Østby"
    ),
    "DK": (
        "Nielsen Ærø Bækgaard Christensen Damgaard Eskildsen Frederiksen Gravesen Højgaard Iversen "
        "Jørgensen Kjær Lauritsen Møller Nørgaard Østergaard Poulsen Rask Sørensen Thygesen Vestergaard "
        "Ågård Bruun Dalsgaard Færch Grønbech Holm Juul Krogh Lykke Munk Overgaard Rønne Skov Toft Winther"
    ),
    "FI": (
        "Korhonen Mäkinen Virtanen Hämäläinen Järvinen Lehtonen Niemelä Pöyhönen Räsänen Söderholm "
        "Tähtinen Väisänen Ylönen Ahonen Eskola Heinonen Itkonen Jokinen Kärkkäinen Laaksonen Mattila "
        "Nurmi Oksanen Peltonen Rantanen Salmi Tolvanen Uusitalo Vainio Öhman Harju Kivelä Lahti Mustonen "
        "Saarinen Toivonen"
    ),
    "GB": (
        "Ashworth Bancroft Cartwright Dunmore Ellwood Fairfax Garside Hathaway Ingham Jessop Kershaw "
        "Langley Marsden Northcott Oakley Pemberton Quigley Radcliffe Sherwood Thackeray Underhill Varley "
        "Whitaker Yardley Atherton Braithwaite Chadwick Dewhurst Entwistle Fothergill Greenhalgh Holroyd "
        "Lockwood Mellor Ogden Rigby"
    ),
}
STREETS = {
    "SE": "Storgatan|Björkvägen|Ängsgatan|Sjövägen|Kyrkogatan|Lövstigen|Östra Hamngatan|Åsgatan",
    "NO": "Storgata|Fjellveien|Bjørkeveien|Skolegata|Øvre Torggate|Sjøgata|Åsveien|Kirkeveien",
    "DK": "Søndergade|Nørregade|Bøgevej|Kirkevej|Østerbrogade|Skovvej|Ågade|Lærkevej",
    "FI": "Kauppakatu|Mäntytie|Järvikatu|Koulutie|Hämeentie|Rantatie|Koivukuja|Länsiväylä",
    "GB": "High Street|Church Lane|Mill Road|Station Road|Orchard Close|The Green|Victoria Terrace|Kiln Lane",
}
CITIES = {
    "SE": "Stockholm 113 46|Göteborg 411 18|Malmö 211 34|Örebro 702 11|Umeå 903 26|Växjö 352 30|Luleå 972 33",
    "NO": "Oslo 0556|Bergen 5014|Tromsø 9008|Ålesund 6002|Bodø 8006|Trondheim 7013",
    "DK": "København 2100|Aarhus 8000|Odense 5000|Helsingør 3000|Køge 4600|Rønne 3700",
    "FI": "Helsinki 00530|Tampere 33100|Jyväskylä 40100|Seinäjoki 60100|Hämeenlinna 13100|Turku 20100",
    "GB": "Leeds LS1 4AP|Bristol BS1 5TY|York YO1 7HH|Norwich NR2 1RQ|Bath BA1 2QU|Durham DH1 3NJ",
}
# item and price in whole SEK; each comes in three series, so 40 items are 120 products
CATALOGUE = {
    "Kök": (
        "Mugg 30 cl:129|Tallrik 27 cm:179|Skål i stengods:149|Serveringsfat:349|Skärbräda i ek:299|"
        "Kastrull 2 l:799|Förkläde i linne:329|Tekanna:449|Bestick 16 delar:899"
    ),
    "Textil": (
        "Handduk 50×70:149|Badlakan:329|Kuddfodral:229|Pläd i ull:899|Linneduk:599|Bordslöpare:249|Påslakanset:999"
    ),
    "Ljus": "Blockljus:79|Doftljus:249|Ljusstake i mässing:199|Lykta:399|Kronljus 6-pack:59",
    "Inredning": ("Vas 20 cm:349|Spegel 60 cm:1199|Tavelram A3:249|Väggklocka:599|Flätad korg:279|Bricka i björk:229"),
    "Belysning": "Bordslampa:899|Golvlampa:1799|Taklampa:1499|Ljusslinga:199",
    "Möbler": "Pall i björk:999|Vägghylla:699|Sidobord:1599",
    "Bad": "Tvålpump:169|Tandborstmugg:99|Badrumsmatta:399",
    "Papper": "Servetter 20-pack:39|Presentpapper:49|Krok i trä:69",
}
SERIES = (("Havsvik", 0.85), ("Björkö", 1.0), ("Lövsta", 1.3))
REVIEWS = {
    "SE": ("Vackert|Precis som på bilden.|5|Bra|Snabb leverans, fint packat.|4|Sådär|Färgen var mörkare än väntat.|3"),
    "NO": "Nydelig|Akkurat som på bildet.|5|Bra|Rask levering.|4|Litt skuffet|Mindre enn jeg trodde.|2",
    "DK": ("Smuk|Præcis som på billedet.|5|God|Hurtig levering, pænt pakket.|4|Nja|Gik i stykker efter en uge.|1"),
    "FI": "Kaunis|Juuri kuten kuvassa.|5|Hyvä|Nopea toimitus.|4|Ihan ok|Väri oli odotettua tummempi.|3",
    "GB": ("Lovely|Just as pictured.|5|Good|Quick delivery, well packed.|4|Not for me|Smaller than I had hoped.|2"),
}
# what people text, in turn; an empty one is small talk, and one sentence only contains the word
TEXTS = ("STOP", "Stopp", "STOP", "stop det ikke", "", "stop", "", "Stop.")
CHATTER = {
    "SE": "Hej! Har ni den blå vasen i lager?",
    "NO": "Hei, når åpner dere på lørdag?",
    "DK": "Hej, kan jeg bytte i butikken?",
    "FI": "Hei! Milloin tilaukseni saapuu?",
    "GB": "Hello, please don't stop the mugs, they are lovely",
}
# the 79 columns of Shopify's orders export, as of 2025
SHOPIFY_ORDER_COLUMNS = (
    "Name|Email|Financial Status|Paid at|Fulfillment Status|Fulfilled at|Accepts Marketing|Currency"
    "|Subtotal|Shipping|Taxes|Total|Discount Code|Discount Amount|Shipping Method|Created at"
    "|Lineitem quantity|Lineitem name|Lineitem price|Lineitem compare at price|Lineitem sku"
    "|Lineitem requires shipping|Lineitem taxable|Lineitem fulfillment status|Billing Name|Billing Street"
    "|Billing Address1|Billing Address2|Billing Company|Billing City|Billing Zip|Billing Province"
    "|Billing Country|Billing Phone|Shipping Name|Shipping Street|Shipping Address1|Shipping Address2"
    "|Shipping Company|Shipping City|Shipping Zip|Shipping Province|Shipping Country|Shipping Phone|Notes"
    "|Note Attributes|Cancelled at|Payment Method|Payment Reference|Refunded Amount|Vendor"
    "|Outstanding Balance|Employee|Location|Device ID|Id|Tags|Risk Level|Source|Lineitem discount"
    "|Tax 1 Name|Tax 1 Value|Tax 2 Name|Tax 2 Value|Tax 3 Name|Tax 3 Value|Tax 4 Name|Tax 4 Value"
    "|Tax 5 Name|Tax 5 Value|Phone|Receipt Number|Duties|Billing Province Name|Shipping Province Name"
    "|Payment ID|Payment Terms Name|Next Payment Due At|Payment References"
)
