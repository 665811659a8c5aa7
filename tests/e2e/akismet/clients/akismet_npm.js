// npm `akismet`: calls http://rest.akismet.com and http://KEY.rest.akismet.com; a bad key is ham
// to it, for it hears nothing but "true".
const akismet = require('akismet')

const { KEY, BLOG, HAM, BLATANT } = process.env
const made = (apiKey) => akismet.client({ apiKey, blog: BLOG })
const client = made(KEY)
const stranger = made([...KEY].reverse().join(''))
const comment = (name, content) =>
  ({ user_ip: '203.0.113.7', comment_author: name, comment_content: content })
const call = (run) => new Promise((resolve, reject) =>
  run((error, value) => error ? reject(error) : resolve(value)))

async function main () {
  const check = (who, ...fields) => call((done) => who.checkComment(comment(...fields), done))
  console.log(JSON.stringify({
    verify: await call((done) => client.verifyKey(done)),
    verify_bad: await call((done) => stranger.verifyKey(done)),
    ham: await check(client, 'Ada', HAM) === false,
    spam: await check(client, 'viagra-test-123', HAM) === true,
    submit_spam: await call((done) => client.submitSpam(comment('Ada', HAM), done)) === undefined,
    submit_ham: await call((done) => client.submitHam(comment('pills', BLATANT), done)) === undefined,
    bad_key: await check(stranger, 'viagra-test-123', HAM) === false
  }))
}

main()
