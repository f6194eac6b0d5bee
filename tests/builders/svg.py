"""An SVG drawing with everything that is read of one."""

TERM = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
RDF = (
    '<r:RDF><r:Description i:DigitalSourceType="' + TERM + '"><i:Title>Grüße</i:Title>'
    "</r:Description></r:RDF>"
)
OPEN = (
    '<svg xmlns="http://www.w3.org/2000/svg" '
    'xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
)
GOOD = f"<?xml version='1.0'?>\n{OPEN}<metadata>a{RDF}b<t>c</t></metadata><!--x--><g/>ü</svg>"
