"""What make_diffusion_scheduler_goldens.py draws from: by class, values of each field, requests and step options.

The "settings" of a class are the fields that make_swap_goldens.py sets before it gives the config to another class.
"""

BETAS = {
    "num_train_timesteps": [1000, 200],
    "beta_start": [0.00085, 0.001],
    "beta_end": [0.012, 0.03],
    "trained_betas": [[0.01, 0.011, 0.015, 0.02, 0.04, 0.05, 0.055, 0.08, 0.1, 0.2]],
}

THRESHOLDING = {
    "thresholding": [True],
    "dynamic_thresholding_ratio": [0.9, 0.5],
    "sample_max_value": [1.5, 0.5, 4.0],
}

SPACING = {
    "timestep_spacing": ["linspace", "leading", "trailing"],
    "steps_offset": [1, 2],
}

CONVERSIONS = {
    "use_karras_sigmas": [True],
    "use_exponential_sigmas": [True],
    "use_beta_sigmas": [True],
}

DPM_SOLVER = {
    **BETAS,
    **THRESHOLDING,
    **CONVERSIONS,
    "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
    "solver_order": [1, 3],
    "prediction_type": ["sample", "v_prediction"],
    "solver_type": ["heun"],
    "final_sigmas_type": ["sigma_min"],
    "lambda_min_clipped": [-5.1, -2.0],
}

FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}

FEW_BETAS = {"num_train_timesteps": 200, "beta_start": 0.001, "beta_end": 0.012}
SET_SOLVER = {**FEW_BETAS, "prediction_type": "v_prediction", "thresholding": True}

WITH_NOISE = {"predict_x0": False, "final_sigmas_type": "sigma_min"}

STEPS = [{"num_inference_steps": count} for count in (3, 4, 5)]

DISTILLED = {
    **BETAS,
    **THRESHOLDING,
    **SPACING,
    "beta_schedule": ["linear", "squaredcos_cap_v2"],
    "original_inference_steps": [100, 10],
    "clip_sample": [True],
    "clip_sample_range": [0.5, 2.0],
    "set_alpha_to_one": [False],
    "prediction_type": ["sample", "v_prediction"],
    "timestep_scaling": [0.3, 1.0],
    "rescale_betas_zero_snr": [True],
}

CHOICES = {
    "DDPMScheduler": {
        "settings": {**FEW_BETAS, "variance_type": "fixed_large", "beta_schedule": "scaled_linear"},
        "count": 22,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            *(
                ({"variance_type": kind}, {"num_inference_steps": 4}, {})
                for kind in ("fixed_small_log", "fixed_large", "learned", "learned_range")
            ),
            *(
                ({"beta_schedule": schedule}, {"num_inference_steps": 3}, {})
                for schedule in ("scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace")
            ),
        ],
        "config": {
            **BETAS,
            **THRESHOLDING,
            **SPACING,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace"],
            "variance_type": ["fixed_small_log", "fixed_large", "learned", "learned_range"],
            "clip_sample": [False],
            "clip_sample_range": [0.5, 2.0],
            "prediction_type": ["sample", "v_prediction"],
            "rescale_betas_zero_snr": [True],
        },
        "requests": [*STEPS, {"timesteps": [190, 87, 50, 1, 0]}, {"timesteps": [150, 3]}],
    },
    "DDIMScheduler": {
        "settings": {**SET_SOLVER, "clip_sample": False, "timestep_spacing": "trailing"},
        "count": 22,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({}, {"num_inference_steps": 4}, {"eta": 1.0}),
        ],
        "config": {
            **BETAS,
            **THRESHOLDING,
            **SPACING,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "clip_sample": [False],
            "clip_sample_range": [0.5, 2.0],
            "set_alpha_to_one": [False],
            "prediction_type": ["sample", "v_prediction"],
            "rescale_betas_zero_snr": [True],
        },
        "requests": STEPS,
        "step": {"eta": [0.5, 1.0], "use_clipped_model_output": [True]},
    },
    "DDIMInverseScheduler": {
        "settings": {**FEW_BETAS, "clip_sample": False, "set_alpha_to_one": False, "timestep_spacing": "trailing"},
        "count": 20,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({"clip_sample": False}, {"num_inference_steps": 10}, {}),
            ({"prediction_type": "sample", "set_alpha_to_one": False}, {"num_inference_steps": 5}, {}),
        ],
        "config": {
            **BETAS,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "clip_sample": [False],
            "clip_sample_range": [0.5, 2.0],
            "set_alpha_to_one": [False],
            "steps_offset": [1, 2],
            "prediction_type": ["sample", "v_prediction"],
            "timestep_spacing": ["trailing"],
            "rescale_betas_zero_snr": [True],
        },
        "requests": STEPS,
    },
    "EulerDiscreteScheduler": {
        "settings": {**FEW_BETAS, "use_karras_sigmas": True, "interpolation_type": "log_linear"},
        "count": 22,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({"use_beta_sigmas": True}, {"num_inference_steps": 5}, {}),
            ({"use_karras_sigmas": True, "sigma_min": 0.02, "sigma_max": 70.0}, {"num_inference_steps": 5}, {}),
            ({"use_exponential_sigmas": True}, {"num_inference_steps": 4}, {}),
            (
                {"timestep_type": "continuous", "prediction_type": "v_prediction"},
                {"num_inference_steps": 4},
                {},
            ),
            ({}, {"num_inference_steps": 4}, {"s_churn": 2.0, "s_tmin": 0.1, "s_tmax": 20.0, "s_noise": 1.01}),
        ],
        "config": {
            **BETAS,
            **SPACING,
            **CONVERSIONS,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "prediction_type": ["sample", "v_prediction", "original_sample"],
            "interpolation_type": ["log_linear"],
            "sigma_min": [0.05],
            "sigma_max": [30.0],
            "timestep_type": ["continuous"],
            "rescale_betas_zero_snr": [True],
            "final_sigmas_type": ["sigma_min"],
        },
        "requests": [*STEPS, {"timesteps": [190, 87.5, 50, 1]}, {"sigmas": [20.0, 3.0, 0.5, 0.1, 0.0]}],
        "step": {"s_churn": [1.0, 5.0], "s_tmin": [0.2], "s_tmax": [10.0], "s_noise": [1.02]},
    },
    "EulerAncestralDiscreteScheduler": {
        "settings": {**FEW_BETAS, "timestep_spacing": "trailing", "rescale_betas_zero_snr": True},
        "count": 16,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({"timestep_spacing": "leading"}, {"num_inference_steps": 4}, {}),
        ],
        "config": {
            **BETAS,
            **SPACING,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "prediction_type": ["v_prediction"],
            "rescale_betas_zero_snr": [True],
        },
        "requests": STEPS,
    },
    "PNDMScheduler": {
        "settings": {**FEW_BETAS, "skip_prk_steps": True, "set_alpha_to_one": True},
        "count": 18,
        "always": [
            ({}, {"num_inference_steps": 4}, {}),
            ({}, {"num_inference_steps": 7}, {}),
            ({"skip_prk_steps": True}, {"num_inference_steps": 1}, {}),
            ({"skip_prk_steps": True}, {"num_inference_steps": 2}, {}),
        ],
        "config": {
            **BETAS,
            **SPACING,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "skip_prk_steps": [True],
            "set_alpha_to_one": [True],
            "prediction_type": ["v_prediction"],
        },
        "requests": [*STEPS, {"num_inference_steps": 6}],
    },
    "ScoreSdeVeScheduler": {
        "settings": {"num_train_timesteps": 1000, "sigma_max": 378.0, "snr": 0.1},
        "count": 12,
        "always": [({}, {"num_inference_steps": 1}, {})],
        "config": {
            "num_train_timesteps": [1000, 100],
            "snr": [0.1, 0.2],
            "sigma_min": [0.02, 0.1],
            "sigma_max": [50.0, 378.0],
            "sampling_eps": [1e-3, 0.05],
            "correct_steps": [0, 2],
        },
        "requests": [*STEPS, {"num_inference_steps": 4, "sampling_eps": 0.01}],
    },
    "HeunDiscreteScheduler": {
        "settings": {**FEW_BETAS, "use_exponential_sigmas": True, "clip_sample": True},
        "count": 18,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({"use_beta_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_karras_sigmas": True, "clip_sample": True}, {"num_inference_steps": 4}, {}),
            ({"use_exponential_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"beta_schedule": "exp"}, {"num_inference_steps": 3}, {}),
        ],
        "config": {
            **BETAS,
            **SPACING,
            **CONVERSIONS,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2", "exp"],
            "prediction_type": ["sample", "v_prediction"],
            "clip_sample": [True],
            "clip_sample_range": [0.5, 2.0],
        },
        "requests": [*STEPS, {"timesteps": [190, 87.5, 50, 1]}],
    },
    "LMSDiscreteScheduler": {
        "settings": {**FEW_BETAS, "use_karras_sigmas": True, "timestep_spacing": "leading"},
        "count": 18,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({}, {"num_inference_steps": 6}, {"order": 2}),
            ({"use_beta_sigmas": True}, {"num_inference_steps": 5}, {}),
            ({"use_karras_sigmas": True}, {"num_inference_steps": 6}, {}),
            ({"use_exponential_sigmas": True}, {"num_inference_steps": 5}, {}),
        ],
        "config": {
            **BETAS,
            **SPACING,
            **CONVERSIONS,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "prediction_type": ["sample", "v_prediction"],
        },
        "requests": [*STEPS, {"num_inference_steps": 7}],
        "step": {"order": [1, 2, 3]},
    },
    "LCMScheduler": {
        "settings": {**FEW_BETAS, "original_inference_steps": 20, "timestep_scaling": 5.0},
        "count": 18,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({}, {"num_inference_steps": 4, "strength": 0.5}, {}),
            ({}, {"num_inference_steps": 3, "original_inference_steps": 20}, {}),
        ],
        "config": DISTILLED,
        "requests": [
            *STEPS,
            {"num_inference_steps": 4, "strength": 0.7},
            {"num_inference_steps": 2, "original_inference_steps": 8},
            {"timesteps": [190, 87, 50, 1]},
        ],
    },
    "TCDScheduler": {
        "settings": {**FEW_BETAS, "timestep_scaling": 5.0, "prediction_type": "v_prediction"},
        "count": 18,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({}, {"num_inference_steps": 4, "strength": 0.5}, {"eta": 0.0}),
            ({}, {"num_inference_steps": 3, "original_inference_steps": 20}, {}),
        ],
        "config": DISTILLED,
        "requests": [
            *STEPS,
            {"num_inference_steps": 4, "strength": 0.7},
            {"num_inference_steps": 2, "original_inference_steps": 8},
            {"timesteps": [190, 87, 50, 1]},
        ],
        "step": {"eta": [0.0, 0.5, 1.0]},
    },
    "KDPM2DiscreteScheduler": {
        "settings": {**FEW_BETAS, "prediction_type": "v_prediction", "steps_offset": 1},
        "count": 16,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({"use_beta_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_karras_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_exponential_sigmas": True}, {"num_inference_steps": 4}, {}),
        ],
        "config": {
            **BETAS,
            **SPACING,
            **CONVERSIONS,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "prediction_type": ["v_prediction"],
        },
        "requests": STEPS,
    },
    "KDPM2AncestralDiscreteScheduler": {
        "settings": {**FEW_BETAS, "use_beta_sigmas": True},
        "count": 16,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({"use_beta_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_karras_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_exponential_sigmas": True}, {"num_inference_steps": 4}, {}),
        ],
        "config": {
            **BETAS,
            **SPACING,
            **CONVERSIONS,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "prediction_type": ["v_prediction"],
        },
        "requests": STEPS,
    },
    "DEISMultistepScheduler": {
        "settings": {**SET_SOLVER, "solver_order": 3, "algorithm_type": "deis", "solver_type": "logrho"},
        "count": 22,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({}, {"num_inference_steps": 16}, {}),
            ({"solver_order": 3}, {"num_inference_steps": 6}, {}),
            ({"use_beta_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_karras_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_exponential_sigmas": True}, {"num_inference_steps": 4}, {}),
            (
                {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0},
                {"num_inference_steps": 5},
                {},
            ),
            (
                {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "use_dynamic_shifting": True},
                {"num_inference_steps": 4, "mu": 0.5},
                {},
            ),
        ],
        "config": {
            **BETAS,
            **THRESHOLDING,
            **SPACING,
            **CONVERSIONS,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "solver_order": [1, 3],
            "prediction_type": ["sample", "v_prediction"],
            "lower_order_final": [False],
        },
        "requests": [*STEPS, {"num_inference_steps": 6}],
    },
    "UniPCMultistepScheduler": {
        "settings": {**SET_SOLVER, "solver_type": "bh1", "predict_x0": False, "disable_corrector": [0]},
        "count": 56,
        "always": [
            *(
                (
                    {"solver_order": order, "solver_type": kind, "prediction_type": prediction, **WITH_NOISE},
                    {"num_inference_steps": 6},
                    {},
                )
                for order in (1, 2, 3, 4)
                for kind in ("bh1", "bh2")
                for prediction in ("epsilon", "sample", "v_prediction")
            ),
            *(
                ({**WITH_NOISE, "rescale_betas_zero_snr": True, **conversion}, {"num_inference_steps": 5}, {})
                for conversion in ({}, {"use_karras_sigmas": True}, {"use_exponential_sigmas": True})
            ),
            ({}, {"num_inference_steps": 1}, {}),
            ({}, {"num_inference_steps": 6}, {}),
            ({"solver_order": 3}, {"num_inference_steps": 6}, {}),
            ({"solver_order": 4, "solver_type": "bh1"}, {"num_inference_steps": 7}, {}),
            ({"predict_x0": False, "final_sigmas_type": "sigma_min"}, {"num_inference_steps": 5}, {}),
            ({"disable_corrector": [0, 2]}, {"num_inference_steps": 5}, {}),
            ({"use_beta_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_exponential_sigmas": True, "sigma_min": 0.05, "sigma_max": 30.0}, {"num_inference_steps": 4}, {}),
            ({"use_karras_sigmas": True, "use_flow_sigmas": True}, {"num_inference_steps": 4}, {}),
            (
                {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0},
                {"num_inference_steps": 5},
                {},
            ),
            (
                {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "shift_terminal": 0.1},
                {"sigmas": [1.0, 0.7, 0.5, 0.2]},
                {},
            ),
            (
                {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "use_dynamic_shifting": True},
                {"num_inference_steps": 4, "mu": 0.5},
                {},
            ),
            (
                {"use_flow_sigmas": True, "use_dynamic_shifting": True, "time_shift_type": "linear"},
                {"num_inference_steps": 4, "mu": 0.8},
                {},
            ),
        ],
        "config": {
            **BETAS,
            **THRESHOLDING,
            **SPACING,
            **CONVERSIONS,
            "beta_schedule": ["scaled_linear", "squaredcos_cap_v2"],
            "solver_order": [1, 3],
            "solver_type": ["bh1"],
            "prediction_type": ["sample", "v_prediction"],
            "predict_x0": [False],
            "lower_order_final": [False],
            "disable_corrector": [[1]],
            "final_sigmas_type": ["sigma_min"],
            "rescale_betas_zero_snr": [True],
            "sigma_min": [0.05],
            "sigma_max": [30.0],
        },
        "requests": [*STEPS, {"num_inference_steps": 6}],
    },
    "DPMSolverMultistepScheduler": {
        "settings": {**SET_SOLVER, "algorithm_type": "dpmsolver++", "solver_type": "heun"},
        "count": 34,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({}, {"num_inference_steps": 16}, {}),
            ({"solver_order": 3}, {"num_inference_steps": 16}, {}),
            *(
                (
                    {"algorithm_type": kind, "final_sigmas_type": "sigma_min", "solver_type": solver},
                    {"num_inference_steps": 5},
                    {},
                )
                for kind in ("dpmsolver", "sde-dpmsolver", "sde-dpmsolver++")
                for solver in ("midpoint", "heun")
            ),
            (
                {"algorithm_type": "dpmsolver", "solver_order": 3, "final_sigmas_type": "sigma_min"},
                {"num_inference_steps": 6},
                {},
            ),
            ({"algorithm_type": "sde-dpmsolver++", "solver_order": 3}, {"num_inference_steps": 6}, {}),
            ({"use_karras_sigmas": True, "beta_schedule": "squaredcos_cap_v2"}, {"num_inference_steps": 5}, {}),
            ({"use_lu_lambdas": True, "euler_at_final": True}, {"num_inference_steps": 6}, {}),
            ({"use_beta_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_exponential_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({**FLOW, "flow_shift": 3.0}, {"num_inference_steps": 5}, {}),
            ({**FLOW, "use_dynamic_shifting": True}, {"num_inference_steps": 4, "mu": 0.5}, {}),
        ],
        "config": {
            **DPM_SOLVER,
            **SPACING,
            "algorithm_type": ["dpmsolver", "sde-dpmsolver", "sde-dpmsolver++"],
            "lower_order_final": [False],
            "euler_at_final": [True],
            "use_lu_lambdas": [True],
            "rescale_betas_zero_snr": [True],
        },
        "requests": [*STEPS, {"num_inference_steps": 6}, {"timesteps": [190, 87, 50, 1]}],
    },
    "DPMSolverSinglestepScheduler": {
        "settings": {**SET_SOLVER, "solver_order": 1, "lower_order_final": True},
        "count": 30,
        "always": [
            *(({"solver_order": 3}, {"num_inference_steps": count}, {}) for count in (1, 2, 3, 4, 5, 6, 7)),
            *(
                (
                    {"algorithm_type": kind, "final_sigmas_type": "sigma_min", "solver_type": solver},
                    {"num_inference_steps": 5},
                    {},
                )
                for kind in ("dpmsolver", "sde-dpmsolver++")
                for solver in ("midpoint", "heun")
            ),
            ({"use_beta_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"use_exponential_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({**FLOW, "flow_shift": 3.0}, {"num_inference_steps": 5}, {}),
            ({**FLOW, "use_dynamic_shifting": True}, {"num_inference_steps": 4, "mu": 0.5}, {}),
        ],
        "config": {
            **DPM_SOLVER,
            "algorithm_type": ["dpmsolver", "sde-dpmsolver++"],
            "lower_order_final": [True],
        },
        "requests": [*STEPS, {"num_inference_steps": 6}, {"timesteps": [190, 87, 50, 1]}],
    },
    "EDMDPMSolverMultistepScheduler": {
        "settings": {"sigma_max": 50.0, "rho": 5.0, "solver_type": "heun"},
        "count": 26,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({}, {"num_inference_steps": 16}, {}),
            ({"solver_order": 3}, {"num_inference_steps": 16}, {}),
            ({"algorithm_type": "sde-dpmsolver++"}, {"num_inference_steps": 5}, {}),
            ({"algorithm_type": "sde-dpmsolver++", "solver_type": "heun"}, {"num_inference_steps": 5}, {}),
            ({"sigma_schedule": "exponential"}, {"num_inference_steps": 1}, {}),
        ],
        "config": {
            **THRESHOLDING,
            "sigma_min": [0.01, 0.1],
            "sigma_max": [50.0, 10.0],
            "sigma_data": [0.7, 1.0],
            "sigma_schedule": ["exponential"],
            "num_train_timesteps": [40],
            "prediction_type": ["v_prediction"],
            "rho": [5.0, 3.0],
            "solver_order": [1, 3],
            "algorithm_type": ["sde-dpmsolver++"],
            "solver_type": ["heun"],
            "lower_order_final": [False],
            "euler_at_final": [True],
            "final_sigmas_type": ["sigma_min"],
        },
        "requests": [*STEPS, {"num_inference_steps": 7}],
    },
    "IPNDMScheduler": {
        "settings": {"num_train_timesteps": 200},
        "count": 10,
        "always": [({}, {"num_inference_steps": count}, {}) for count in (1, 2, 3, 5, 8)],
        "config": {"num_train_timesteps": [40, 200]},
        "requests": [*STEPS, {"num_inference_steps": 9}],
    },
    "FlowMatchEulerDiscreteScheduler": {
        "settings": {"num_train_timesteps": 200, "shift": 3.0, "stochastic_sampling": True},
        "count": 30,
        "always": [
            ({}, {"num_inference_steps": 1}, {}),
            ({}, {"num_inference_steps": 5}, {}),
            ({"shift": 3.0}, {"num_inference_steps": 5}, {}),
            ({"shift": 3.0, "shift_terminal": 0.1}, {"sigmas": [1.0, 0.7, 0.5, 0.2]}, {}),
            ({"shift": 3.0}, {"timesteps": [1000.0, 700.5, 50.0]}, {}),
            ({"invert_sigmas": True}, {"num_inference_steps": 4}, {}),
            ({"stochastic_sampling": True}, {"num_inference_steps": 4}, {}),
            ({"use_dynamic_shifting": True}, {"num_inference_steps": 4, "mu": 0.5}, {}),
            ({"use_dynamic_shifting": True}, {"sigmas": [1.0, 0.75, 0.25], "mu": 1.15}, {}),
            ({"use_dynamic_shifting": True, "time_shift_type": "linear"}, {"num_inference_steps": 4, "mu": 3.0}, {}),
            *(({name: True, "shift": 2.0}, {"num_inference_steps": 5}, {}) for name in CONVERSIONS),
        ],
        "config": {
            **CONVERSIONS,
            "num_train_timesteps": [200],
            "shift": [0.5, 3.0],
            "shift_terminal": [0.1],
            "invert_sigmas": [True],
            "stochastic_sampling": [True],
        },
        "requests": [*STEPS, {"timesteps": [190.0, 87.5, 3.0]}, {"sigmas": [0.9, 0.6, 0.3]}],
    },
}
