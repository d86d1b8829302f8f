//! The three invariants that shops broke under concurrency (ACIDRain, SIGMOD 2017), by name, on both databases.

use super::world::{World, answers_of, captured, hold, on_both, pay, product, put, receive};
use vitrine_commerce::{CodeId, Command, Discount, DiscountCode, OrderState};

fn code(uses_max: u32, once: bool) -> Command {
    let code = CodeId::new("AUTUMN").unwrap();
    let off = Discount::BasisPoints(1000);
    Command::PutCode {
        code: DiscountCode {
            code,
            off,
            starts_ms: 0,
            ends_ms: u64::MAX >> 1,
            min_total: None,
            uses_max: Some(uses_max),
            uses: 0,
            once_per_customer: once,
        },
    }
}

fn with_code(command: Command, code: &str) -> Command {
    match command {
        Command::Hold { order, show, customer, channel, lines, .. } => {
            Command::Hold { order, show, customer, channel, lines, code: Some(CodeId::new(code).unwrap()) }
        }
        other => other,
    }
}

#[test]
fn inventory_invariant_no_unit_is_sold_twice() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 20)).await;
        let ids: Vec<String> = (0..200).map(|n| format!("o{n}")).collect();
        let holds = ids.iter().map(|id| Box::pin(world.submit(id, hold(id, id, &[("MUG", 1)]))) as _).collect();
        let won = answers_of(holds).await.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, 20);
        assert_eq!(world.counters("MUG"), [0, 20, 0, 20]);
        world.audit().await;
        world.close().await;
    });
}

#[test]
fn voucher_invariant_no_code_is_used_beyond_its_limit() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 1000)).await;
        world.ok("c", code(7, true)).await;
        let ids: Vec<(String, String)> = (0..100).map(|n| (format!("o{n}"), format!("buyer{}", n % 50))).collect();
        let command = |(id, buyer): &(String, String)| with_code(hold(id, buyer, &[("MUG", 1)]), "autumn");
        let holds = ids.iter().map(|id| Box::pin(world.submit(&id.0, command(id))) as _).collect();
        let answers = answers_of(holds).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 7);
        assert!(answers.iter().filter_map(|a| a.as_ref().err()).all(|r| r.code() == "CODE_REFUSED"));
        assert_eq!(world.order("o0").await.total.minor, 1341);
        world.close().await;
    });
}

#[test]
fn cart_invariant_what_is_paid_is_what_was_held() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490), product("RING", 99_000)])).await;
        world.ok("s", receive("MUG", 10)).await;
        world.ok("s2", receive("RING", 10)).await;
        world.ok("h", hold("o1", "ann", &[("MUG", 1)])).await;
        // While ann pays, the cart is changed, the price is changed, and the payment comes for the old sum.
        let race = vec![
            Box::pin(world.submit("pay", pay("o1", "ann"))) as _,
            Box::pin(world.submit("h-again", hold("o1", "ann", &[("MUG", 1), ("RING", 1)]))) as _,
            Box::pin(world.submit("price", put(&[product("MUG", 9990)]))) as _,
            Box::pin(world.submit("paid", captured("o1", 1490))) as _,
        ];
        let answers = answers_of(race).await;
        assert_eq!(answers[1].as_ref().unwrap_err().code(), "ORDER_EXISTS");
        let order = world.order("o1").await;
        assert_eq!((order.state, order.total.minor, order.lines.len()), (OrderState::Captured, 1490, 1));
        assert_eq!(world.counters("RING"), [10, 0, 0, 10]);
        world.audit().await;
        world.close().await;
    });
}
