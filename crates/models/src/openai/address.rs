//! Where calls go, and which headers they carry.

use async_openai::config::Config;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Url, redirect};
use secrecy::SecretString;

use super::{Key, OpenAiOptions};
use crate::ModelError;

/// An endpoint's address, its key, and what both look like in an error.
///
/// The library's own configuration is not used: it falls back to `OPENAI_*` variables and panics on a key that no
/// header can carry.
#[derive(Clone, Debug)]
pub(super) struct Address {
    base: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    key: Option<Key>,
    secret: SecretString,
    key_variable: String,
}

impl Address {
    pub(super) fn new(options: &OpenAiOptions, base_url: &str) -> Result<Self, ModelError> {
        let url = parse(base_url)?;
        let key = options.key.clone().filter(|key| !key.expose().is_empty());
        let mut headers = HeaderMap::new();
        if let Some(key) = &key {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| {
                let variable = &options.key_variable;
                invalid(format!("the key in {variable} holds characters that no key has, such as a line end"))
            })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let mut plain = url;
        plain.set_query(None);
        Ok(Self {
            base: plain.as_str().trim_end_matches('/').to_owned(),
            query,
            headers,
            secret: key.as_ref().map_or_else(SecretString::default, Key::secret),
            key,
            key_variable: options.key_variable.clone(),
        })
    }

    /// The address as errors show it: without the query, which may hold a secret.
    pub(super) fn shown(&self) -> &str {
        &self.base
    }

    pub(super) fn key_variable(&self) -> &str {
        &self.key_variable
    }

    /// The text with every occurrence of the key taken out.
    pub(super) fn scrub(&self, text: &str) -> String {
        match &self.key {
            Some(key) => text.replace(key.expose(), "[key]"),
            None => text.to_owned(),
        }
    }

    /// A client for this address that neither retries nor follows redirects.
    pub(super) fn client(&self, options: &OpenAiOptions) -> Result<Client, ModelError> {
        let mut builder = Client::builder()
            .connect_timeout(options.connect_timeout)
            // A redirected POST would come out as a GET without a body; the error is clearer.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("throughline/", env!("CARGO_PKG_VERSION")));
        if self.base.starts_with("http://") {
            // Servers such as llama.cpp's announce keep-alive and close the connection after a stream all the same,
            // which fails the next call. A new connection costs little where there is no TLS.
            builder = builder.pool_max_idle_per_host(0);
        }
        if self.is_loopback() {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| invalid(format!("the HTTP client cannot be set up: {error}")))
    }

    fn is_loopback(&self) -> bool {
        let host = Url::parse(&self.base).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

fn parse(base_url: &str) -> Result<Url, ModelError> {
    // The text is not shown where it may hold a password.
    let url = Url::parse(base_url.trim()).map_err(|error| {
        invalid(format!("the base URL cannot be read ({error}); write it like http://127.0.0.1:8080/v1"))
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("the base URL must start with http:// or https:// and a host".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("the base URL must not hold a user name or password; give the key instead".to_owned()));
    }
    Ok(url)
}

fn invalid(reason: String) -> ModelError {
    ModelError::InvalidRequest { reason }
}

impl Config for Address {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(base_url: &str) -> Result<Address, ModelError> {
        Address::new(&OpenAiOptions::new(base_url, "m"), base_url)
    }

    #[test]
    fn slashes_and_queries_are_told_apart() {
        for base_url in ["http://host:1/v1", "http://host:1/v1/", " http://host:1/v1// ", "http://host:1/v1/?a=b"] {
            let address = address(base_url).unwrap();
            assert_eq!(address.url("/models"), "http://host:1/v1/models", "{base_url}");
        }
        assert_eq!(address("https://host/v1?a=b%20c").unwrap().query(), [("a", "b c")]);
        assert_eq!(address("http://host").unwrap().url("/models"), "http://host/models");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for base_url in ["", "host:1", "localhost:8080/v1", "ftp://host/v1", "http://", "http://me:secret@host/v1"] {
            let error = address(base_url).unwrap_err();
            assert!(matches!(error, ModelError::InvalidRequest { .. }), "{base_url}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_key_that_no_header_carries_is_refused_without_showing_it() {
        let mut options = OpenAiOptions::new("http://host/v1", "m");
        options.key = Some(Key::new("se\ncret"));
        options.key_variable = "MY_KEY".to_owned();
        let error = Address::new(&options, "http://host/v1").unwrap_err().to_string();
        assert!(error.contains("MY_KEY") && !error.contains("cret"), "{error}");
    }

    #[test]
    fn an_empty_key_is_no_key() {
        let mut options = OpenAiOptions::new("http://host/v1", "m");
        options.key = Some(Key::new(" \n"));
        assert!(Address::new(&options, "http://host/v1").unwrap().headers().is_empty());
    }

    #[test]
    fn loopback_is_known() {
        for (base_url, expected) in
            [("http://127.0.0.1:1/v1", true), ("http://[::1]:1", true), ("http://localhost", true), ("http://a", false)]
        {
            assert_eq!(address(base_url).unwrap().is_loopback(), expected, "{base_url}");
        }
    }
}
