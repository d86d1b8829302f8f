use keying::{Method, truth::{axes, paint}};
fn main() {
    let name = std::env::args().nth(1).unwrap();
    let axis = axes().into_iter().find(|a| a.name == name).unwrap();
    for seed in [11, 12, 101, 102] {
        let t = paint(&axis, seed, 320, 180);
        let f = keying::camera::shoot(&t, &axis, seed, 3).unwrap();
        for m in [Method::FineAuto, Method::FastAuto, Method::ObsDefault] {
            let c = keying::peek(m, &f, t.picked);
            println!("{seed} {} {:?}", m.name(), keying::peek_score(&t, &c, m.blends_light()));
            if m == Method::FineAuto || m==Method::ObsDefault {
                let mut img = image::RgbImage::new(320 * 3, 180);
                let rgb = f[2].rgb();
                for i in 0..320 * 180usize {
                    let (x, y) = ((i % 320) as u32, (i / 320) as u32);
                    let q = |v: [f32; 3]| image::Rgb(v.map(|c| (c.clamp(0., 1.) * 255.) as u8));
                    img.put_pixel(x, y, q(rgb[i]));
                    img.put_pixel(x + 320, y, q([c[2].alpha[i]; 3]));
                    let d = 0.5 + 1.0*(c[2].alpha[i] - t.alpha[i]);
                    img.put_pixel(x + 640, y, q([d; 3]));
                }
                img.save(format!("/tmp/key/peek-{seed}-{}.png", if m==Method::FineAuto {"fine"} else {"obs"})).unwrap();
            }
        }
    }
}
