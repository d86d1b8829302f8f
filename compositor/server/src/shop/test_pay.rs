//! The test provider: no money moves. It stands in for a real provider's page and webhooks, so that a demo sells
//! without an account. Only there when the configuration says so.

use super::api::{own_order, said};
use super::buyer::Buyer;
use super::key;
use crate::body::Body;
use crate::errors::ApiError;
use crate::state::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::Deserialize;
use vitrine_commerce::{Command, OrderId, PaymentFact};

/// The provider's name in orders and in [`ServerConfig::providers`](crate::ServerConfig::providers).
pub const TEST_PROVIDER: &str = "checkout-test";

/// What the shopper pressed on the provider's page. Time-out is not pressing anything.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Pressed {
    /// The card is good.
    Pay,
    /// The card is refused.
    Decline,
}

/// What the shopper pressed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestPay {
    outcome: Pressed,
}

/// `POST /api/test-pay/{order}`
pub(crate) async fn press(
    State(app): State<App>,
    Path(order): Path<OrderId>,
    buyer: Buyer,
    Body(TestPay { outcome }): Body<TestPay>,
) -> Result<Response, ApiError> {
    if !app.config.providers.iter().any(|p| p == TEST_PROVIDER) {
        return Err(ApiError::NotFound);
    }
    let floor = app.floor()?;
    let _turn = floor.turn().await?;
    let known = own_order(&app, &buyer.id, order.clone()).await?;
    let reference = Some(known.payment.reference.clone().unwrap_or_else(|| format!("test-{order}")));
    let facts = match outcome {
        Pressed::Pay => {
            vec![PaymentFact::Authorised { amount: known.total }, PaymentFact::Captured { amount: known.total }]
        }
        Pressed::Decline => vec![PaymentFact::Failed { reason: "the test card was declined".to_owned() }],
    };
    let tell = async |fact| {
        let event = uuid::Uuid::now_v7().to_string();
        let (provider, order, reference) = (TEST_PROVIDER.to_owned(), order.clone(), reference.clone());
        let key = key("test-pay", &event)?;
        let told = Command::PaymentEvent { provider, event, order, reference, fact };
        Ok::<_, ApiError>(floor.shop.submit(told, key).await?)
    };
    // One behind the other into the store's queue, as a provider's webhooks would come.
    let answers = try_join_all(facts.into_iter().map(tell)).await?;
    Ok(Json(answers.into_iter().next_back().map(said)).into_response())
}
