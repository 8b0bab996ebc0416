// What the people of the tour look like, and what they show each other: drawn, and so anybody's to use.

const CLAY = "#a5694a";

/** A head and shoulders before a wall, from the colours of wall, hair, skin and shirt. */
function portrait(wall, hair, skin, shirt) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 256 256">
    <rect width="256" height="256" fill="${wall}"/>
    <ellipse cx="128" cy="112" rx="66" ry="72" fill="${hair}"/>
    <rect x="106" y="150" width="44" height="56" fill="${skin}"/>
    <ellipse cx="128" cy="122" rx="48" ry="58" fill="${skin}"/>
    <path d="M78 112c6-50 94-50 100 0-18-22-80-26-100 0z" fill="${hair}"/>
    <path d="M28 256c4-52 44-64 78-66 8 14 36 14 44 0 34 2 74 14 78 66z" fill="${shirt}"/>
  </svg>`;
}

/** A bowl on a table, glazed in this colour. */
function bowl(width, height, glaze, wall) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 960 640"
    preserveAspectRatio="xMidYMid slice">
    <rect x="-400" width="1760" height="640" fill="${wall}"/>
    <rect x="-400" y="430" width="1760" height="210" fill="#cdbfa6"/>
    <ellipse cx="500" cy="522" rx="230" ry="22" fill="#a89878"/>
    <path d="M220 250c14 170 120 262 260 262s246-92 260-262z" fill="${glaze}"/>
    <path d="M250 330c30 110 110 182 230 182 40 0 74-8 104-22-150 8-270-40-334-160z" fill="#0001"/>
    <ellipse cx="480" cy="250" rx="260" ry="46" fill="${glaze}"/>
    <ellipse cx="480" cy="254" rx="238" ry="36" fill="#0002"/>
    <path d="M400 510h160l14 22H386z" fill="${CLAY}"/>
  </svg>`;
}

/** Nine fired tiles in rows, from pale to deep. */
function tiles() {
  const tones = [
    "#dfe9e0",
    "#cfe0d6",
    "#bdd5c9",
    "#a9c9bb",
    "#94bcae",
    "#7fae9f",
    "#699f90",
    "#549082",
    "#3f8173",
  ];
  const squares = tones.map((tone, at) => {
    const [x, y] = [90 + (at % 3) * 270, 60 + Math.floor(at / 3) * 180];
    return `<rect x="${x}" y="${y}" width="240" height="150" rx="6" fill="${tone}"/>
      <rect x="${x}" y="${y + 130}" width="240" height="20" rx="6" fill="${CLAY}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="640" viewBox="0 0 960 640">
    <rect width="960" height="640" fill="#e9e4d8"/>${squares.join("")}</svg>`;
}

/** The temperature of a firing over its hours. */
function curve() {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="540" viewBox="0 0 960 540">
    <rect width="960" height="540" fill="#fffdf8"/>
    <g stroke="#dedbd1" stroke-width="2">
      <path d="M90 60v400h810M90 360h810M90 260h810M90 160h810" fill="none"/></g>
    <path d="M90 450 300 340 480 210 620 100 700 96 760 190 900 420" fill="none" stroke="#b23a2a" stroke-width="5"/>
    <g font-family="sans-serif" font-size="22" fill="#5a6461">
      <text x="30" y="108">1280</text><text x="40" y="268">800</text><text x="40" y="368">400</text>
      <text x="90" y="500">0 h</text><text x="470" y="500">7 h</text><text x="860" y="500">14 h</text></g>
  </svg>`;
}

export const ART = {
  ada: portrait("#dbe7e1", "#2b211d", "#8d5b3f", "#1b6f5f"),
  ben: portrait("#ece2cf", "#c8a263", "#f0cfb4", "#4a5d73"),
  xiaowen: portrait("#e6dcd5", "#1b1a1c", "#f1d3b8", "#a5505c"),
  maxi: portrait("#d9e2ea", "#8a4a2a", "#f4d8c4", "#6b5a8a"),
  bowl: bowl(960, 640, "#8fb8a6", "#efece4"),
  tall: bowl(600, 900, "#7fa7b8", "#ece6da"),
  tiles: tiles(),
  curve: curve(),
};

/** All of it as JPEG, painted by a browser. */
export async function paint(page) {
  const painted = {};
  for (const [name, svg] of Object.entries(ART)) {
    await page.setContent(`<body style="margin:0">${svg}</body>`);
    painted[name] = await page.locator("svg").screenshot({ type: "jpeg", quality: 90 });
  }
  return painted;
}
