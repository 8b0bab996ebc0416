//! How the service is reached, and how it ends.

use std::time::Duration;

use parlor_proto::user::{GetKeysRequest, user_service_client::UserServiceClient};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use crate::house::House;

#[tokio::test]
async fn the_internal_listener_tells_health_and_what_it_serves() {
    let house = House::new().await;
    let health = tonic_health::server::HealthReporter::new();
    let routes = parlor_user_service::routes(house.users.clone(), &health).await;

    let mut users = UserServiceClient::new(routes.clone());
    users.get_keys(GetKeysRequest {}).await.expect("keys");

    let mut client = HealthClient::new(routes.clone());
    for service in ["", "user.UserService"] {
        let request = HealthCheckRequest { service: service.into() };
        let status = client.check(request).await.expect("known").into_inner().status();
        assert_eq!(status, ServingStatus::Serving);
    }
    health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
    let request = HealthCheckRequest { service: String::new() };
    let status = client.check(request).await.expect("known").into_inner().status();
    assert_eq!(status, ServingStatus::NotServing);
}

#[tokio::test]
async fn g5_what_the_services_look_like_is_told_only_where_that_was_asked_for() {
    let house = House::new().await;
    let health = tonic_health::server::HealthReporter::new();
    let routes = parlor_user_service::routes(house.users.clone(), &health).await;
    let list = || {
        futures_util::stream::iter([ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        }])
    };
    let refused = ServerReflectionClient::new(routes.clone()).server_reflection_info(list()).await;
    assert_eq!(refused.expect_err("is not there").code(), tonic::Code::Unimplemented);

    let routes = routes.add_service(parlor_user_service::reflection());
    let mut client = ServerReflectionClient::new(routes);
    let mut answers = client.server_reflection_info(list()).await.expect("reflection").into_inner();
    let answer = answers.message().await.expect("an answer").expect("one");
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("not a list of services");
    };
    assert!(list.service.iter().any(|service| service.name == "user.UserService"));
}

#[tokio::test]
async fn within_a_process_it_ends_when_told_and_calls_fail_at_once() {
    let house = House::new().await;
    house.register("ada").await;
    house.stop.cancel();
    house.tasks.close();
    tokio::time::timeout(Duration::from_secs(5), house.tasks.wait()).await.expect("it ends");
    let status = house.client.clone().get_keys(GetKeysRequest {}).await.expect_err("it is gone");
    assert_eq!(status.code(), tonic::Code::Unavailable);
}
