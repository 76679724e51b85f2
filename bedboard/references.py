"""The words of which the reference of a case is made: short, common Dutch words, chosen by hand for use over a telephone.

Any two differ in at least two sounds, even for somebody who hears no difference between b and p, d and t, m and n, v and f, or
z and s. None is a number, a day, a name, something sad, or something to say of a person. None is a tree, a bird or a stone,
because shelters are called after those. `tests/house/test_references.py` measures the distances.
"""

WORDS = tuple(
    """
aanhanger aansteker aardbei aardewerk abrikoos accordeon aerobics agenda akker akkoord album alfabet allee alpaca alpinopet
aluminium anagram ananas andijvie anijs anjer anorak ansicht ansjovis antilope appel appelflap aquarel arcade armband
arrenslee artisjok asperge atlas atoom aubergine augurk aula auto avocado avondrood avontuur azijn badkamer badminton
badmuts badstof baguette bakfiets bakpoeder baksteen balalaika balkon ballet bamboe banjo barbecue barometer basilicum
basketbal batterij beamer behang behangen beige beitel bekken beschuit bestelbus beton bieslook biet bijenkorf bijkeuken
biljart bioscoop bladzijde blauw blender bloem bloembak bloemkool bloempot blokfluit blokhut blouse blues bobslee boeket
boerderij bolhoed bolletje bonbon bonsai boodschap boogbrug boomgaard boomhut border bordkrijt bordspel borduren borstel
bosbes boterham botsauto bouillon boulderen boulevard bouwblok bouwen bowling breien breinaald breiwerk broccoli broche
broeikas broek bromtol brons brownie browser bruinvis buffel bumerang bumper bureau burrito buste cabrio cacao cactus cadeau
cadeaubon cake cantate canvas capuchon caravan cashew catamaran cavia cement cheeta chips chocolade chrysant cilinder circus
cirkel citroen claxon clematis clownvis collage coltrui computer concert confetti conga console continent contrabas corduroy
coulisse couplet courgette couscous coyote cranberry croissant curling curry custard dadel dagboek dakpan dashboard dekbed
deksel deurbel deurklink deurmat diabolo diadeem dictee dienblad diploma distel dobbelen dobber doelpunt dolfijn domino
doperwt draad draaibrug draaitol dressoir driehoek droger drop dropveter druif duikboot duikbril duiken duikplank duimstok
dynamo eclair eekhoorn eenwieler eetlepel eierkoek elektron emmer emmertje envelop envelopje espresso estafette etalage
etiket evenaar fabriek fakkel fanfare fauteuil feest fiets fietslamp fietspad film filter fladderen flanel fluit fluweel
fontein forel fornuis fosfor fossiel foto fotoboek fotolijst framboos freestyle frisbee fudge galerie galjoen garde garnaal
gazelle gedicht geel geiser gekko gemaal gember generator geranium giechelen giraffe gitaar gladiool glasvezel glijbaan
glijden glimlach glimworm glitter gloeilamp golfclub gong gordijn gouden goudklomp goudvis gracht griesmeel grind grot guppy
gymschoen gymzaal haaknaald haarband haarspeld hagelslag hamer hamster handbal handdoek hangbrug hangmat haring harken harp
havermout hazelnoot hefboom heilbot helm hengel hermelijn heuvel hijskraan hinkelen hobo hockey hoelahoep hoepel hogehoed
hommel honing honkbal hoodie hoofdstuk hooiberg hooivork hordeloop horloge houtskool hummus huppelen hutspot hyacint hymne
iglo ijsbaan ijsberg ijshockey ijsje ijspegel ijswafel inkt inktpot isolatie jetski jojo joker joystick judo kaaspers
kabeljauw kabouter kaft kajak kajuit kalender kameleon kamperen kampvuur kandelaar kaneel kangoeroe kano kantine kappertje
kapstok karaf karamel karate kardemom karnemelk karper karton kassa katoen katrol kauwgom kegelbaan kegelen keramiek kermis
kers ketchup ketel ketelbel keuken kikker kimono kiosk kippenhok kiwi klappen klaproos klarinet klaver kleien kletsen
kletskop klimmen klimop klimrek klink klok klomp knikkeren knippen knoflook knutsel knutselen koala koek koekblik koekenpan
koelkast koets koetshuis koffer kofferbak koffie koffiepot kokkel kokosnoot komeet kompas konijn koolrabi koor kopje koplamp
koraal koraalrif korfbal koriander kosmos kraampje krakeling kralen krekel krijt krijtje kristal kroket krokus kruidkoek
kruisbes kruispunt kruiwagen kruk kubus kunststof kurkuma kwark kwartet kwast kweepeer kwetteren kwintet laars lachen ladder
ladekast lagune lama laminaat lampenkap lampion landkaart landschap lantaarn laptop lasagne latex lavendel leeslamp leeslint
legpuzzel leguaan lens lenteui leuning lezen libel lift ligfiets ligstoel limonade limousine liniaal linoleum lintje linzen
lokaal lolly loopfiets luchtbed luchtdruk luchtpost luifel lychee maan maanzaad maatbeker macaroni machine macrame magneet
magnesium magnetron maiskolf makreel mammoet mandarijn mandoline manege mango mantel margarine marionet marmot marsepein
masker mayonaise medaille medaillon meetkunde melkbus melkweg melodie meloen meridiaan meringue meteoriet metro metronoom
metselen mikado milkshake mineraal mist mixer mocassin moesson moestuin mokka molecuul monocle mosterd motregen mozaiek
muesli muffin muismat museum musical muziek naald nachtlamp nestkast nevel nietje nikkel noedels nougat novelle nylon oase
obelisk oceaan okapi olifant olijf omelet oogsten oorbel openhaard opera oplader opstel optocht orangerie oranje origami
orka orkest otter ouverture oven overhemd paella pakketje paleis palm panda panfluit pantalon papaja paperclip paprika
parabel parachute paraplu parasol parfum parka parket partituur pastel patchwork patroon pauk paviljoen pecannoot pedaal
peer penseel peper pepernoot pergola perkje perzik pesto piano piccolo picknick pindakaas piramide pistache pixel pizza
placemat plafond plakband plakboek plamuur planeet plank planten plastic plint plukken podium poffertje polka pollepel polo
polsstok poncho poollicht popcorn porselein portret postbus postduif postzegel pothelm potlood potvis praline pretzel
prieeltje primula printer prisma proefwerk propeller proton pudding pullover punaise puzzelen quilt rabarber racebaan racket
radiator radijs radio ranja rapport rasp ravioli rebus rechthoek refrein regatta regen regenboog regenjas regenton regenworm
register rekensom rendang reuzenrad ribbroek rijmpje rijp rijst riksja risotto ritme rivier robot rodekool roeiboot roeien
roeispaan roer roller rolmaat roltrap roman rondvaart rooibos roomijs roomkaas rotonde router rozet rozijn rugby rugzak
ruimtepak rumba rups saffraan salade salsa sambal sardine satelliet satijn savanne saxofoon scanner schaaf schaats schaatsen
schaken scharnier schatkist schelp schelvis schemer schepje schepnet scherm schildpad schoen schooltas schort schotel
schrijven schroef scrabble selderij sensor serenade servet sesam shampoo shuttle sierspeld silhouet silo sinas siroop sjaal
sjaaltje sjabloon sjalot sjoelbak skeeler skilift skippybal skischans slaapzak slagroom slalom sleepboot sleetje sleutel
slinger sloot smoking sneaker sneeuw sneeuwbal sneeuwbes sneeuwpop snelheid sneltrein snoeien snorkel snowboard soes softijs
sojasaus sombrero sonate sorbet spaghetti spatel spectrum speculaas speedboot speelgoed spekje speld spelen spiegel spijker
spinazie spinnen spitskool spitsmuis spons sporthal springen sprint sprookje spruitje squash stadion stamppot steelpan
steiger stekker stempelen stengel sterren sterretje stickers stikstof stilleven stoel stoffer stokbrood stoofpot stopwatch
stortbui strandbal strijken stripboek stro strohoed stropdas stuur stuurwiel sudoku suiker superbal supernova surfen
surfplank sushi sweater symfonie taart tablet taco tandem tandpasta tandwiel tangram tapijt tapir teddybeer tegel tekenblok
tekenen telefoon telegram telescoop televisie telraam tennis tent terras theater thee theehuis theelepel theemuts theepot
theezakje tikkertje timmeren tiramisu toast toeter toffee tomaat toonbank toverbal tovertruc tractor treinbaan trekker
triangel triatlon tribune tricot triplex trombone trommel trompet tropen truffel tuba tuin tuinboon tuinbroek tuinhek
tuinieren tuinlamp tuinpad tuinslang tuktuk tulp tuniek turbine turkoois turnen tweed uitlaat uniform vaas vakantie vallei
vanille varen veerboot veldfles veldmuis veldsla venkel venster veranda verf verfdoos verhaal verven veter veulen vierkant
vijg vijver viool visnet vissen vlaai vlecht vlieger vlierbes vlinder voering voetbal voetnoot vouwblad vriezer vulkaan
vulpen vuurwerk wafel wagon walnoot walrus walvis wandelen wasabi wasbeer washand wassen waterijs waterpas waterski waterval
website weerhaan weiland werkstuk wiebelen wiel wigwam wimper wind wiskunde witlof woestijn wolk wombat wortel xylofoon yoga
yoghurt zaadje zaagvis zaaien zaklamp zandbak zebra zebrapad zeebaars zeef zeehond zeepbel zeepkist zeester zeewind zeil
zeilen zendmast zeppelin zetmeel zijde zilver zingen zoemen zoom zout zuurkool zuurstok zuurtje zwembad zweven
""".split()
)
