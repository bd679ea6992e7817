const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

/** Titles before a name, in lower case without dots. */
export const prefixWords: ReadonlySet<string> = words(
  `mr mrs ms miss mx mister madam madame mme mlle master sir dame lord lady dr drs doctor doctors prof professor rev
  reverend fr father sister hon honorable honourable judge justice rabbi imam sheikh capt captain col colonel gen general
  lt lieutenant maj major sgt sergeant adm admiral cmdr commander pres president gov governor sen senator rep
  representative ambassador attorney herr frau dipl-ing ing señor señora sra srta monsieur`,
)

/** Generations and degrees after a name, in lower case without dots. */
export const suffixWords: ReadonlySet<string> = words(
  `jr sr jnr snr junior senior ii iii iv vi vii viii 2nd 3rd 4th esq esquire phd md dds dmd dvm dphil jd llb llm llp mba
  msc bsc mfa mph edd psyd pharmd cpa cfa cfp rn bsn msn np pe ret obe mbe cbe kbe qc kc mp frs usn usaf usmc usa gri
  realtor ccim lcsw faia aia csp`,
)

/** Degrees that are names or words as well: suffixes only after a comma or when written with dots. */
export const doubtfulSuffixWords: ReadonlySet<string> = words('ma ba do bs ms od pa i v')

/** Words that belong to the family name behind them, in lower case. */
export const particleWords: ReadonlySet<string> = words(
  `van von vom der den dem de del della dello degli dei di da dal das dos do du des la le las los lo el al bin ibn bint
  binti ter ten tem te zu zum zur af av st. san santa santo 't op y dela o' d' l' mac mc`,
)

/** Words that join two people, or two titles, into one name. */
export const joiningWords: ReadonlySet<string> = words('& and und et or')
